"""Cameras and pictures: the only room of the edge that knows OpenCV.

```python
line = CountingLine("front", Point(0, 0.5), Point(1, 0.5), in_vector=Point(0, 1),
anchor=Anchor.CENTRE) counter = Counter([line])  # or person_size=PersonSize(0.2, 0.3), calibrated
async with open_source("rtsp://camera/stream") as frames:  # SourceError: cannot be opened
    async for frame in frames:  # SourceError: stalled or ended; frame.at_seconds is monotonic
        for crossing in counter.feed(frame.image, frame.at_seconds):
            ...  # crossing.at_seconds, crossing.direction, crossing.line
```
Make a new `Counter` for a source that was opened again after more than a moment: its tracks and
background are old.
"""
