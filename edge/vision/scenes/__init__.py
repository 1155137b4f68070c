"""Painted doors with exact truth, for tests, benches and a look at what the counter can do.

```python
scene = build_scene("crowd", seed=7, height=3.2, seconds=60)
for image, at_seconds in scene.frames():  # BGR pictures, as a camera gives them
    ...
scene.crossings()  # who crossed scene.line when, and in which direction
```
A door is a floor of metres under a pinhole camera. Whoever walks over it is a body of a head,
shoulders, a trunk, arms and legs that swing, so that what moves tears and merges as real visitors
do. The same name, seed and height give the same pictures and the same truth.
"""
