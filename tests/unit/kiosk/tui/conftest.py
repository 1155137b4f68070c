from pytest_textual_snapshot import SVGImageExtension

# Under the name that its library reads today: the accepted pictures can then be opened as such.
SVGImageExtension.file_extension = "svg"
