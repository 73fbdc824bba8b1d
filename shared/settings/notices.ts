import type { Log } from '../telemetry/log.ts';

/** Something that is set, has a meaning in App Service or Container Apps, and is not heeded here. */
export interface Notice {
  /** `login.tokenStore.enabled`, or the name of an app setting. */
  readonly path: string;
  /** Why, as a sentence. */
  readonly reason: string;
}

/** Logs every notice once: at start. */
export function reportNotices({ notices }: { readonly notices: readonly Notice[] }, log: Log): void {
  for (const { path, reason } of notices) log.event('setting_ignored', { setting: path, reason });
}
