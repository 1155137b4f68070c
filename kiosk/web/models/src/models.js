// Draws glTF models where they stand on a target. Poses are OpenCV's: x right, y down, z ahead;
// a model has metres, y up out of the paper, its origin in the middle of the target.
import {
  DirectionalLight, Group, HemisphereLight, Matrix4, PerspectiveCamera, Scene, SRGBColorSpace, WebGLRenderer,
} from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";

const NEAR = 10; // millimetres
const FAR = 10000;
const MOST_MODELS = 8;
const MILLIMETRES = 1000;

/** Projection of a camera matrix; the centre of the first pixel is (0, 0), hence the halves. */
export function projection([fx, fy, cx, cy], [width, height]) {
  return new Matrix4().set(
    (2 * fx) / width, 0, 1 - (2 * (cx + 0.5)) / width, 0,
    0, (2 * fy) / height, (2 * (cy + 0.5)) / height - 1, 0,
    0, 0, -(FAR + NEAR) / (FAR - NEAR), (-2 * FAR * NEAR) / (FAR - NEAR),
    0, 0, -1, 0,
  );
}

/** Model to OpenGL's view: diag(1, -1, -1) [R|t], then metres to millimetres about the middle. */
export function placement(r, t, [width, height]) {
  const pose = new Matrix4().set(
    r[0], r[1], r[2], t[0],
    -r[3], -r[4], -r[5], -t[1],
    -r[6], -r[7], -r[8], -t[2],
    0, 0, 0, 1,
  );
  const onPaper = new Matrix4().set(
    MILLIMETRES, 0, 0, width / 2,
    0, 0, MILLIMETRES, height / 2,
    0, -MILLIMETRES, 0, 0,
    0, 0, 0, 1,
  );
  return pose.multiply(onPaper);
}

export class Models {
  constructor(canvas) {
    this.renderer = new WebGLRenderer({ canvas, alpha: true, antialias: true });
    this.renderer.outputColorSpace = SRGBColorSpace;
    this.renderer.setClearColor(0, 0);
    this.scene = new Scene();
    this.scene.add(new HemisphereLight(0xffffff, 0x8a7a66, 2.2));
    const sun = new DirectionalLight(0xffffff, 1.6);
    sun.position.set(-0.5, 1, 0.8);
    this.scene.add(sun);
    this.camera = new PerspectiveCamera();
    this.camera.matrixAutoUpdate = false;
    this.loader = new GLTFLoader();
    this.known = new Map();
    this.shown = 0;
  }

  show(head) {
    const [width, height] = head.size;
    const scale = Math.min(2, Math.max(1, Math.round((this.renderer.domElement.clientWidth * devicePixelRatio) / width)));
    const size = `${width} ${height} ${scale}`;
    if (size !== this.size) { this.size = size; this.renderer.setSize(width * scale, height * scale, false); }
    const here = new Set();
    for (const one of head.seen) {
      if (!one.model) continue;
      here.add(one.model);
      const group = this.group(one.model);
      group.matrix.copy(placement(one.r, one.t, one.mm));
      group.matrixWorldNeedsUpdate = true;
    }
    let count = 0;
    for (const [address, group] of this.known) {
      group.visible = here.has(address);
      count += group.visible && group.children.length > 0;
    }
    if (!count && !this.shown) return;
    this.shown = count;
    this.camera.projectionMatrix.copy(projection(head.k, head.size));
    this.camera.projectionMatrixInverse.copy(this.camera.projectionMatrix).invert();
    this.renderer.render(this.scene, this.camera);
  }

  group(address) {
    let group = this.known.get(address);
    if (group) { this.known.delete(address); this.known.set(address, group); return group; }
    for (const [old, one] of this.known) {
      if (this.known.size < MOST_MODELS) break;
      this.forget(old, one);
    }
    group = new Group();
    group.matrixAutoUpdate = false;
    this.known.set(address, group);
    this.scene.add(group);
    // A model that cannot be read is none: the flat anchors say all the same.
    this.loader.load(address, ({ scene }) => { if (this.known.get(address) === group) group.add(scene); }, undefined, () => {});
    return group;
  }

  forget(address, group) {
    this.known.delete(address);
    this.scene.remove(group);
    group.traverse((part) => {
      part.geometry?.dispose();
      for (const material of [part.material ?? []].flat()) { material.map?.dispose(); material.dispose(); }
    });
  }

  blank() {
    for (const group of this.known.values()) group.visible = false;
    this.renderer.render(this.scene, this.camera);
    this.shown = 0;
  }

  close() {
    for (const [address, group] of [...this.known]) this.forget(address, group);
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }
}
