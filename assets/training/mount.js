/**
 * The view of a training: see course.js.
 *
 * @import { Mount } from "../shared/mount.js"
 */
import { readSafetensors, specOf } from "../network/safetensors.js";
import { childOf } from "../shared/dom.js";
import { endWithout } from "../shared/mount.js";
import { Course } from "./course.js";

/** @type {WeakMap<HTMLElement, Course>} */
const courses = new WeakMap();

/** @param {Mount<Uint8Array>} mount */
export default function mount({ data, parentElement, setStateValue }) {
  const root = childOf(parentElement, ".tr-course", HTMLElement);
  const course = courses.get(root) ?? new Course(root);
  courses.set(root, course);
  course.wish.tell = (wanted) => setStateValue("forces", wanted);
  const { tensors, metadata } = readSafetensors(data);
  course.update(specOf(metadata, "course"), Object.fromEntries(tensors));
  return endWithout(root, () => course.end());
}
