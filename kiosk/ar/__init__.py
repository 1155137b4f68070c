"""What a kiosk's camera shows: pictures and markers found, followed and placed in space.

The only room of the kiosk that knows OpenCV. No frame is kept longer than it takes to look at it,
and no face is looked for.

```python
library = TargetLibrary()
library.add(enrol(picture, "gate", width_mm=148))
with Engine(library, markers=(), camera=CameraModel.from_fov(640, 480, 60)) as engine:
    while (frame := source.read()) is not None:
        sight = engine.step(frame)
        for seen in sight.seen: ...  # seen.name, seen.corners, seen.rotation, seen.quality
```
"""
