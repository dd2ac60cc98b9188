// Reads what a test runner reports, shows what people need of it, and adds the
// numbers of passed and failed tests to a file as "passed failed".
//
//   go test -json ... | node count.mjs go COUNTS
//   node count.mjs vitest COUNTS REPORT.json
//   node count.mjs playwright COUNTS REPORT.json
//   node count.mjs node COUNTS REPORT.tap
import { appendFileSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [kind, counts, report] = process.argv.slice(2);
const total = { passed: 0, failed: 0 };

/** Prints a line per package, and everything that a failed test or package printed. */
async function countGo() {
  const printed = new Map();
  for await (const line of createInterface({ input: process.stdin })) {
    let event;
    try {
      event = JSON.parse(line);
    } catch {
      console.log(line);
      continue;
    }
    const key = `${event.Package ?? event.ImportPath} ${event.Test ?? ""}`;
    if (event.Action === "output" || event.Action === "build-output") {
      printed.set(key, (printed.get(key) ?? "") + event.Output);
    } else if (event.Action === "build-fail") {
      process.stdout.write(printed.get(key) ?? "");
    } else if (event.Action === "pass" || event.Action === "fail") {
      settleGo(event, printed.get(key) ?? "");
      printed.delete(key);
    }
  }
}

function settleGo(event, output) {
  const failed = event.Action === "fail";
  if (event.Test) total[failed ? "failed" : "passed"]++;
  else if (failed) total.failed++; // the package as a whole: it did not build, or ended early
  if (failed) process.stdout.write(output);
  else if (!event.Test) {
    console.log(`ok    ${event.Package.split("/").slice(3).join("/") || "."}  ${event.Elapsed} s`);
    // What a package says of its server, and of what that cannot do, stays visible.
    for (const line of output.split("\n")) if (/^(server|skipped): /.test(line)) console.log("      " + line);
  }
}

function countVitest() {
  const { numPassedTests, numFailedTests, numFailedTestSuites, success } = JSON.parse(readFileSync(report, "utf8"));
  total.passed = numPassedTests;
  total.failed = numFailedTests || (success ? 0 : Math.max(1, numFailedTestSuites));
}

function countPlaywright() {
  const { stats, errors } = JSON.parse(readFileSync(report, "utf8"));
  total.passed = stats.expected;
  total.failed = stats.unexpected + stats.flaky + errors.length;
}

/** The last lines of a TAP report hold the totals of node's own runner. */
function countNode() {
  const tail = readFileSync(report, "utf8");
  const sum = (name) => Number(tail.match(new RegExp(`^# ${name} (\\d+)$`, "m"))?.[1] ?? NaN);
  total.passed = sum("pass");
  total.failed = sum("fail") + sum("cancelled");
  if (Number.isNaN(total.passed + total.failed)) [total.passed, total.failed] = [0, 1]; // it ended early
}

await { go: countGo, vitest: countVitest, playwright: countPlaywright, node: countNode }[kind]();
appendFileSync(counts, `${total.passed} ${total.failed}\n`);
process.exit(total.failed > 0 ? 1 : 0);
