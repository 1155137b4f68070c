"""Pure core of the counter: detections and instants in, crossings out.

Coordinates are normalised to the frame: x from 0 (left) to 1 (right), y from 0 (top) to 1
(bottom). Distances inside are in person units: x is divided by the width and y by the height of
one person's box, so that no threshold depends on a camera. Instants are seconds of one monotonic
axis that the caller chooses. Nothing here reads a clock, a file or a random number.
"""
