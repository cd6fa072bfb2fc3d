import assert from "node:assert/strict";
import { test } from "node:test";
import { readSafetensors } from "./safetensors.ts";

function file(header: object, body: number[]): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

test("int8 keeps its scale, float32 may begin at an odd byte", () => {
  const float = [...new Uint8Array(new Float32Array([1.5]).buffer)];
  const tensors = readSafetensors(
    file(
      {
        __metadata__: { "scale.a": "0.25" },
        a: { dtype: "I8", shape: [1, 3], data_offsets: [0, 3] },
        b: { dtype: "F32", shape: [1], data_offsets: [3, 7] },
      },
      [255, 0, 127, ...float],
    ),
  );
  assert.deepEqual([...tensors.get("a")!.data], [-1, 0, 127]);
  assert.equal(tensors.get("a")!.scale, 0.25);
  assert.equal(tensors.get("b")!.data[0], 1.5);
  assert.equal(tensors.get("b")!.scale, 1);
});

test("a file that begins inside a larger buffer is read from its own start", () => {
  const whole = new Uint8Array(200);
  const part = file({ a: { dtype: "U8", shape: [2], data_offsets: [0, 2] } }, [7, 8]);
  whole.set(part, 5);
  const tensors = readSafetensors(whole.subarray(5, 5 + part.length));
  assert.deepEqual([...tensors.get("a")!.data], [7, 8]);
});

test("what does not fit is refused with the array's name", () => {
  const outside = file({ a: { dtype: "U8", shape: [9], data_offsets: [0, 9] } }, [1, 2]);
  assert.throws(() => readSafetensors(outside), /Array a: bytes 0 to 9/);
  const mismatch = file({ a: { dtype: "I32", shape: [2], data_offsets: [0, 2] } }, [1, 2]);
  assert.throws(() => readSafetensors(mismatch), /do not hold 8 bytes/);
  const unknown = file({ a: { dtype: "F64", shape: [0], data_offsets: [0, 0] } }, []);
  assert.throws(() => readSafetensors(unknown), /type F64/);
});

test("a cut file is refused", () => {
  assert.throws(() => readSafetensors(new Uint8Array(4)), /before their header/);
  assert.throws(() => readSafetensors(file({}, []).subarray(0, 9)), /within their header/);
});
