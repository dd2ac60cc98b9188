import { describe, expect, test } from "vitest";
import type { Run } from "@/lib/api-types";
import { sampleRun } from "@/test/samples";
import { driveRun } from "./drive-run";

function run(state: Run["state"], done: number, phase: Run["progress"]["phase"] = "reconcile"): Run {
  return sampleRun({ state, progress: { done, total: 500, phase } });
}

function port(posts: Run[], looks: Run[] = []) {
  const waits: number[] = [];
  let posted = 0;
  return {
    waits,
    posted: () => posted,
    post: async () => posts[Math.min(posted++, posts.length - 1)]!,
    look: async () => looks.shift()!,
    wait: async (ms: number) => void waits.push(ms),
  };
}

describe("driveRun", () => {
  test("a run that is done at once takes one request", async () => {
    const io = port([run("done", 500)]);
    expect((await driveRun(io)).state).toBe("done");
    expect(io.posted()).toBe(1);
  });

  test("repeats a partial run without pausing while it moves", async () => {
    const io = port([run("partial", 100), run("partial", 300), run("done", 500)]);
    expect((await driveRun(io)).progress.done).toBe(500);
    expect(io.posted()).toBe(3);
    expect(io.waits).toEqual([]);
  });

  test("a new phase counts as movement", async () => {
    const io = port([run("partial", 500, "join"), run("partial", 500, "reconcile"), run("done", 500)]);
    await driveRun(io);
    expect(io.waits).toEqual([]);
  });

  test("waits longer and longer when nothing moves, then leaves the rest to the schedule", async () => {
    const io = port([run("partial", 100)]);
    expect((await driveRun(io)).state).toBe("partial");
    expect(io.waits).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(io.posted()).toBe(6);
  });

  test("watches a run that another request works on, without starting a second", async () => {
    const io = port([run("running", 100)], [run("running", 200), run("done", 500)]);
    expect((await driveRun(io)).state).toBe("done");
    expect(io.posted()).toBe(1);
  });

  test("takes over a run that the other request left partial", async () => {
    const io = port([run("running", 100), run("done", 500)], [run("partial", 200)]);
    expect((await driveRun(io)).state).toBe("done");
    expect(io.posted()).toBe(2);
  });

  test("a failed run is not repeated", async () => {
    const io = port([run("failed", 100)]);
    expect((await driveRun(io)).state).toBe("failed");
    expect(io.posted()).toBe(1);
  });
});
