import { setTimeout as pause } from 'node:timers/promises';
import type { Draw } from './random.ts';
import type { Client } from './seeding.ts';

type Route = 'me' | 'refresh' | 'logout';

/** An answer, or that there was none. Times in milliseconds since 1970. */
export interface Answered {
  readonly client: Client;
  readonly route: Route;
  readonly origin: string;
  readonly at: number;
  /** 0 where the connection failed or nothing came in time. */
  readonly status: number;
  /** The error code of the app, or what became of the connection. */
  readonly code?: string;
  /** Whether the client had asked to be signed out by the time of the answer. */
  readonly wasLeaving: boolean;
}

export interface LoadOptions {
  readonly clients: readonly Client[];
  /** Of the hosts; each request goes to any of them, be it up or down. */
  readonly origins: readonly string[];
  readonly draw: Draw;
  /** Requests a second while nothing has to be waited for. */
  readonly rate: number;
  /** From 0 to 1: how many of the requests are refreshes. */
  readonly refreshes: number;
  /** How many clients sign out, spread over the time, and how long that is in seconds. */
  readonly signOuts: number;
  readonly seconds: number;
  readonly observe: (answered: Answered) => void;
}

const workers = 48;
/** Longer than the app takes for anything, in milliseconds. */
const patience = 45_000;

/** Lets clients ask for `/.auth/me` and `/.auth/refresh`, and some of them sign out, until stopped. */
export function startLoad(options: LoadOptions): { stop(): Promise<void> } {
  const { clients, origins, draw, rate, refreshes, signOuts, seconds, observe } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const rest = (milliseconds: number) => pause(milliseconds, undefined, { signal }).catch(() => undefined);
  const anyOrigin = () => origins[draw.index(origins.length)] ?? '';

  async function ask(client: Client, route: Route): Promise<Answered> {
    const answered = await sent(client, route, anyOrigin());
    observe(answered);
    return answered;
  }

  async function visit(): Promise<void> {
    while (!signal.aborted) {
      const client = clients[draw.index(clients.length)];
      if (client?.state === 'signed-in') await ask(client, draw.fraction() < refreshes ? 'refresh' : 'me');
      await rest((draw.between(0.5, 1.5) * 1000 * workers) / rate);
    }
  }

  /** Signing out is tried until it is answered as done, also after the load has stopped. */
  async function leave(): Promise<void> {
    const leaving = draw.shuffled(clients).slice(0, signOuts);
    for (const client of leaving) {
      await rest((draw.between(0.5, 1.5) * 1000 * seconds) / (signOuts + 1));
      if (signal.aborted) return;
      client.state = 'leaving';
      for (let attempt = 0; attempt < 60 && client.state === 'leaving'; attempt++) {
        const { status } = await ask(client, 'logout');
        if (status === 302) client.state = 'signed-out';
        else await pause(1_000);
      }
    }
  }

  const running = Promise.all([leave(), ...Array.from({ length: workers }, visit)]);
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function sent(client: Client, route: Route, origin: string): Promise<Answered> {
  const at = Date.now();
  const about = (status: number, code?: string): Answered => {
    const wasLeaving = client.state !== 'signed-in';
    return { client, route, origin, at, status, wasLeaving, ...(code === undefined ? {} : { code }) };
  };
  try {
    const headers = { 'x-zumo-auth': client.token };
    const signal = AbortSignal.timeout(patience);
    const response = await fetch(`${origin}/.auth/${route}`, { headers, redirect: 'manual', signal });
    const text = await response.text();
    const body: unknown = text.startsWith('{') ? JSON.parse(text) : {};
    const { code, authenticationToken } = body as { code?: string; authenticationToken?: string };
    if (route === 'refresh' && authenticationToken !== undefined) client.token = authenticationToken;
    return about(response.status, code);
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    return about(0, isLate ? 'no answer' : 'connection failed');
  }
}
