import { createServer } from 'node:http';
import { listenOnLoopback } from '../dev/loopback-server.ts';

/** A container of empty blobs that knows nothing but their names, and how to list them. */
export interface BlobListing {
  /** The container's address, as a SAS URL. */
  readonly url: string;
  /** Requests that were answered. */
  readonly requests: number;
  close(): Promise<void>;
}

/**
 * Serves List Blobs over `names` by prefix, marker and page size, found by binary search as in an index:
 * https://learn.microsoft.com/rest/api/storageservices/list-blobs. A marker is the first name of the next page.
 */
export async function startBlobListing(names: readonly string[]): Promise<BlobListing> {
  const sorted = names.toSorted((one, other) => (one < other ? -1 : 1));
  let requests = 0;
  const server = createServer(({ url = '' }, response) => {
    requests += 1;
    const { searchParams } = new URL(url, 'http://localhost');
    const prefix = searchParams.get('prefix') ?? '';
    const first = firstFrom(sorted, searchParams.get('marker') ?? prefix);
    const page = sorted.slice(first, first + Number(searchParams.get('maxresults') ?? 5000));
    const listed = page.filter((name) => name.startsWith(prefix));
    const next = listed.length < page.length ? '' : (sorted[first + page.length] ?? '');
    response.writeHead(200, { 'content-type': 'application/xml' });
    response.end(
      `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="http://localhost/" ContainerName="tokens"><Prefix>${prefix}</Prefix><Blobs>${listed.map(blob).join('')}</Blobs><NextMarker>${next}</NextMarker></EnumerationResults>`,
    );
  });
  const { port, close } = await listenOnLoopback(server, 0);
  return {
    url: `http://127.0.0.1:${port}/account/tokens?sig=none`,
    get requests() {
      return requests;
    },
    close,
  };
}

/** The place of the first name that is not below `least`. */
function firstFrom(sorted: readonly string[], least: string): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] ?? '') < least) from = middle + 1;
    else to = middle;
  }
  return from;
}

function blob(name: string): string {
  const date = 'Thu, 01 Jan 2026 00:00:00 GMT';
  const properties = `<Creation-Time>${date}</Creation-Time><Last-Modified>${date}</Last-Modified><Etag>0x8D0</Etag><Content-Length>0</Content-Length><Content-Type>application/octet-stream</Content-Type><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier><AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted>`;
  return `<Blob><Name>${name}</Name><Properties>${properties}</Properties></Blob>`;
}
