"""Health check of the hub's container: python health.py PORT; says what is not ready."""

import http.client
import sys

# Not urllib: a proxy of the environment would be asked for this machine's own address.
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
try:
    connection.request("GET", "/readyz")
    answer = connection.getresponse()
    print(answer.read(2000).decode("utf-8", "replace"))
except OSError as error:
    sys.exit(f"the hub does not answer: {error}")
sys.exit(answer.status != 200)
