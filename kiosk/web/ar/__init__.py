"""The camera's screen: frames with what is seen in them to the page, files of packs to show."""
