import type { KeyStore } from './key-store.ts';
import { liveKey } from './lookup.ts';
import { deleteKey, recoverKey } from './management.ts';

/** What is wrong with the vault at the moment. */
export interface Faults {
  refusesAccess: boolean;
  throttles: boolean;
  /** Milliseconds that every request waits before it is looked at. */
  delay: number;
  down: boolean;
}

/** The switches of a test or a demonstration. They act at once, and on keys they last as long as the key. */
export interface VaultControl {
  /** Disables every version. @throws KeyVaultError when there is no such live key, as do the next three. */
  disable(name: string): void;
  enable(name: string): void;
  /** Deletes the key, so that it can be recovered. */
  remove(name: string): void;
  recover(name: string): void;
  /** Every operation answers 403 ForbiddenByRbac, as when the role assignment is gone. */
  refuseAccess(on: boolean): void;
  /** Every operation answers 429 with `Retry-After: 1`. */
  throttle(on: boolean): void;
  /** Every request waits first. 0 ends it. */
  delay(milliseconds: number): void;
  /** Connections are dropped, open ones at once, and new ones as they come. */
  down(on: boolean): void;
}

/** @param dropConnections closes all that are open. */
export function vaultControl(store: KeyStore, faults: Faults, dropConnections: () => void): VaultControl {
  function setEnabled(name: string, enabled: boolean): void {
    const key = liveKey(store, name);
    for (const version of key.versions) version.enabled = enabled;
    store.save(key);
  }
  return {
    disable: (name) => setEnabled(name, false),
    enable: (name) => setEnabled(name, true),
    remove: (name) => void deleteKey(store, name),
    recover: (name) => void recoverKey(store, name),
    refuseAccess(on) {
      faults.refusesAccess = on;
    },
    throttle(on) {
      faults.throttles = on;
    },
    delay(milliseconds) {
      faults.delay = milliseconds;
    },
    down(on) {
      faults.down = on;
      if (on) dropConnections();
    },
  };
}
