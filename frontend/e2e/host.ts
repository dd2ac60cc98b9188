import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const root = resolve(__dirname, "../..");

/** What the sandbox CRMs take for a good token. */
export const tokens = { hubspot: "sandbox-hubspot-token", pipedrive: "sandbox-pipedrive-token" };

/** The deployment's apps at the sandbox CRMs, which know them too. */
const apps = {
  HUBSPOT_CLIENT_ID: "sandbox-hubspot-app",
  HUBSPOT_CLIENT_SECRET: "sandbox-secret",
  PIPEDRIVE_CLIENT_ID: "sandbox-pipedrive-app",
  PIPEDRIVE_CLIENT_SECRET: "sandbox-secret",
};

export interface Host {
  url: string;
  hubspot: string;
  pipedrive: string;
  stop(): Promise<void>;
}

export interface HostSetup {
  /** Variables besides the usual ones. */
  env?: Record<string, string>;
  /** Nothing is connected yet: the sandboxes run, and the deployment has no token for them. */
  unconnected?: boolean;
  /** The deployment has apps at the CRMs, so that people can agree there. */
  apps?: boolean;
}

/** Starts the local host with an empty store and both sandboxes, on free ports. */
export async function startHost({ env = {}, unconnected = false, apps: withApps = false }: HostSetup = {}): Promise<Host> {
  if (!existsSync(join(root, "frontend/out/index.html"))) throw new Error("frontend/out is missing: run `npm run build` first");
  const folder = await mkdtemp(join(tmpdir(), "contact-sync-e2e-"));
  const program = join(folder, "dev");
  await promisify(execFile)("go", ["build", "-o", program, "./scripts/dev"], { cwd: root });
  const children: ChildProcess[] = [];
  const start = (name: string, sandbox: "on" | "off", variables: Record<string, string>) => {
    const child = spawn(program, ["--root", root, "--addr", "127.0.0.1:0", "--data", join(folder, name), `--sandbox=${sandbox}`, "--cron=off"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...variables },
    });
    children.push(child);
    return ready(child);
  };
  const crms = await start("data", "on", {
    HUBSPOT_ACCESS_TOKEN: tokens.hubspot,
    PIPEDRIVE_API_TOKEN: tokens.pipedrive,
    ...(withApps ? apps : {}),
    ...(unconnected ? {} : env),
  });
  const bare = { HUBSPOT_BASE_URL: crms.hubspot, PIPEDRIVE_BASE_URL: crms.pipedrive, HUBSPOT_CLIENT_SECRET: "sandbox-secret", ...(withApps ? apps : {}), ...env };
  const { url } = unconnected ? await start("bare", "off", bare) : crms;
  return {
    ...crms,
    url,
    stop: async () => {
      await Promise.all(children.map(ended));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits for the line "ready {…}", which carries the addresses. */
function ready(child: ChildProcess): Promise<Omit<Host, "stop">> {
  return new Promise((found, failed) => {
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`the local host ended with ${code} before it was ready`)));
    createInterface({ input: child.stdout! }).on("line", (line) => {
      if (line.startsWith("ready ")) found(JSON.parse(line.slice("ready ".length)));
    });
  });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null) return done();
    child.once("exit", () => done());
    child.kill("SIGTERM");
  });
}
