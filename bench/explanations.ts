/** What the page says about the figures of one measurement, beside their values. */
export interface Explanation {
  readonly title: string;
  /** How it is measured. */
  readonly how: string;
  /** By the figure's name. Figures that only stand beside a ratio need no words. */
  readonly figures: Readonly<
    Record<
      string,
      {
        /** What the figure says. */
        readonly means?: string;
        /** What stands in the way where the aim is not met. */
        readonly obstacle?: string;
      }
    >
  >;
}

/** In the order of the page. */
export const explanations: readonly Explanation[] = [
  {
    title: 'Reading tokens',
    how: '`/.auth/me` by 16 callers at a time against downloads of session blobs by the storage client alone, and against a function that answers "Hello, world" on a function host of its own.',
    figures: {
      me: {},
      'raw blob download': {},
      'me / raw blob download': {
        means:
          'how much of the speed of the storage is left once a function host, the check of the session and the answer are around it. 1 would mean that they cost nothing.',
        obstacle:
          'every request costs the host its HTTP handling and the storage client its request; on a machine whose cores are all busy, both add to what Azurite takes.',
      },
      'vault calls per 1,000 requests': {
        means: 'Key Vault is asked when a process first opens the key ring, and not by requests.',
      },
      'hello-world': {},
      'hot me, one session': {},
      'hot me, one session / hello-world': {
        means:
          'how `/.auth/me` of a session that the process has opened before compares with doing nothing: the storage is still asked (answer 304), but nothing is opened.',
        obstacle:
          'a request to the storage service is itself an HTTP request, about as much work for the host as all of hello-world (some 100 µs of CPU), and Azurite answers it on the same cores. Callers of one session share reads, never one that began before they asked; what the app itself does for an answer is some 30 µs.',
      },
      'hot me, 1,000 sessions': {},
      'hot me, 1,000 sessions / hello-world': {
        means: 'the same where callers of different sessions cannot share a read of the storage.',
        obstacle: 'as above, with one request to the storage for every request.',
      },
    },
  },
  {
    title: 'Saying to a proxy who asks',
    how: '`/.auth/verify` of one session that the process has opened before (the storage answers 304) by 16 callers at a time, in turns with an nginx that answers 200 to everything without looking; then that nginx with `auth_request` to verify before the same answer.',
    figures: {
      verify: {},
      'nginx, static 200': {},
      'verify / nginx, static 200': {
        means:
          'how the question compares with the cheapest answer there is: nginx does nothing for it, in compiled code. What a request pays is the time of one verify, a few milliseconds under this load.',
      },
      'nginx with auth_request': {},
      'nginx with auth_request / nginx, static 200': {
        means: 'what is left of that speed once each request is asked about. Callers, nginx and app share the cores.',
      },
    },
  },
  {
    title: 'The gateway',
    how: 'A path outside `/.auth` that the gateway forwards to a small server, by 16 callers at a time, in turns with `/.auth/verify` on the same host; then an answer of 64 MiB, one at a time, in turns with the same from the server itself.',
    figures: {
      'gateway, small answers': {},
      'gateway, small answers / verify': {
        means:
          'what forwarding adds to knowing who asks. With an upstream the host streams: each request passes one more server on its way into the worker, for both of the two.',
      },
      'gateway, one large answer': {},
      'gateway, one large answer / without it': {
        means:
          'how fast a large answer passes, against none in between: it goes from the server to the worker, to the host and to the caller, three connections in place of one on the same cores.',
      },
    },
  },
  {
    title: 'Refreshing',
    how: '`POST /.auth/refresh` of one session after the other by 16 callers at a time, against bare requests with a refresh token to the same token endpoint, which rotates it; then against the same requests with the storage operations of a refresh around them, by the storage client and without the app.',
    figures: {
      refresh: {},
      'raw token request': {},
      'refresh / raw token request': {
        means:
          'what it takes beside the token request not to lose a token: a lease, two writes of the session, its marker, and the read that says who asks. The demo provider answers from memory, which makes this the worst case.',
      },
      'raw token request with storage operations': {},
      'refresh / raw token request with storage operations': {
        means:
          'how much of the speed is left once the app is around the same requests: 1 would mean that sealing, opening and a function host cost nothing. Most of the time of both is Azurite’s, which takes one request after the other and longer for a delete the more blobs there are.',
      },
      'vault calls per 1,000 refreshes': {
        means: 'sessions are sealed and opened with keys that the process holds.',
      },
    },
  },
  {
    title: 'Many callers of one session',
    how: '50 callers refresh one session at the same time, over four function hosts in processes of their own; in turns with 50 sessions that one caller refreshes one after the other, over the same hosts.',
    figures: {
      'grants for 50 callers of one session, at most': {
        means:
          'token requests that reached the provider for all 50 together, in the worst of the rounds. Every caller was answered 200.',
      },
      'p99 of 50 callers of one session': {},
      'p99 of one caller': {},
      'p99 of 50 callers / of one': {
        means:
          'how much longer the last of the 50 waits than who is alone. They wait for the one refresh, look whether it is done after 25 ms, 50 ms and so on, and share the cores.',
      },
    },
  },
  {
    title: 'The sweep',
    how: 'One sweep of the timer with 100 sessions due, among 1,000 that are stored and among 100,000. The sweep and the storage client are those of the app. The containers are generated: a small server that answers List Blobs by prefix, marker and page size, because Azurite takes minutes to be filled with 100,000 sessions.',
    figures: {
      'sweep, 100 due of 1,000': {},
      'sweep, 100 due of 100,000': {},
      'sweep of 100,000 / of 1,000': {
        means: 'whether a sweep costs by what is due or by what is stored: 1 if only by what is due.',
        obstacle:
          'the agenda is listed by pages, and a page is filled up with markers that are not due, which are then transferred and parsed for nothing. Where fewer sessions are stored than a page has names, the page is smaller. Beyond one page nothing more is read.',
      },
      'requests per sweep of 100,000': {},
    },
  },
  {
    title: 'What it asks of storage',
    how: 'Requests to the container, counted by a proxy between the app and Azurite: of ten times each, the one that took most.',
    figures: {
      'storage operations per refresh, by the engine': {
        means: 'one refresh from the lease to its release, once somebody has read the session.',
      },
      'storage operations per POST /.auth/refresh': {
        means:
          'the same with the read that says who asks. The marker moves unless the next visit is in the same minute.',
      },
      'storage operations per me': {},
      'storage operations per hot me': { means: 'the answer has no body, and nothing is opened.' },
      'storage operations per sign-in': {},
      'storage operations per sign-out': {},
      'storage operations per visit by the timer that refreshes': {
        means: 'a visit reads before, to see what is due, and after, to see whether the marker has moved.',
      },
    },
  },
  {
    title: 'Memory',
    how: 'What the heap of a fresh process grows by, after garbage collection, when it reads 10,000 different sessions with three tokens of 2,500 characters each through its session store.',
    figures: {
      'memory per 10,000 warm sessions': {
        means: 'a process keeps the 5,000 sessions that were used last, so that further ones add nothing.',
      },
      'memory of the first 5,000': {},
      'memory of a kept session / its document': {
        means: 'what is kept of a session against the length of what was sealed, in bytes: 1 if nothing but its text.',
      },
    },
  },
  {
    title: 'Cold start',
    how: 'How long a fresh process takes to load the bundle, against a hello-world function that is built the same way.',
    figures: {
      'bundle load': {},
      'hello-world load': {},
      'bundle load / hello-world load': {
        means: 'what the app adds to the start of a function app that does nothing.',
        obstacle:
          'the settings are read and checked while the functions register, so that wrong ones stop the start: building the schemas and parsing with them, by zod and without compiled code yet, is nearly all of the difference. Leaving out the schemas of providers that are not used, zod/mini and minifying were tried, and changed it by some hundredths.',
      },
    },
  },
];
