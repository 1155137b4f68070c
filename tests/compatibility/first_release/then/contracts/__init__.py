"""What processes agree on: messages, topics, ids, error codes. Pure; imports nothing of ours."""
