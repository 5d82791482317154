import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Processes } from "./processes";

export interface Nginx {
  child: ChildProcess;
  port: number;
}

/** Starts nginx before the provider as one process; undefined where the machine has none. */
export async function startNginx(processes: Processes, providerPort: number): Promise<Nginx | undefined> {
  const command = findNginx();
  if (!command) return undefined;
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "llm-rooms-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "nginx.conf");
  writeFileSync(file, configuration(folder, port, providerPort));
  // Without a daemon and in the foreground: it says nothing when it listens.
  const child = processes.spawn(command, ["-e", "stderr", "-p", folder, "-c", file]);
  await answers(port);
  return { child, port };
}

function findNginx(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, "nginx")).find((path) => existsSync(path));
}

function configuration(folder: string, port: number, providerPort: number): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(" ");
  return `
daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 1000000; ${temporary}
  upstream provider { server 127.0.0.1:${providerPort}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://provider;
      proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_request_buffering off; client_max_body_size 0;
    }
  }
}`;
}

/** Free a moment ago; nobody else takes it on purpose. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await opens(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("nginx did not listen in time.");
}

function opens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
