import { seconds } from '../../shared/platform.ts';
import type { RefreshRequest } from '../../shared/refresh/engine.ts';
import { tokenTimes } from '../../shared/refresh/refreshed-entry.ts';
import { nextVisit } from '../../shared/refresh/schedule.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import { blobName, type SessionId, type UserId } from '../../shared/token-store/names.ts';
import type { Session } from '../../shared/token-store/session.ts';
import { createAmendingActs } from './amending-acts.ts';
import type { Instance } from './instance.ts';
import type { Witness } from './invariants.ts';
import type { Act, Plan } from './plan.ts';
import type { Draw } from './random.ts';
import { violation } from './violation.ts';
import type { World } from './world.ts';

/** What people do with the app, and what befalls its processes. */
export function createActs(world: World, plan: Plan, draw: Draw): (kind: Act['kind']) => void {
  const { invariants, provider } = world;
  const amend = createAmendingActs(world, draw, (instance, user) => newSession(instance, world, plan, user));

  function signIn(instance: Instance): void {
    const session = newSession(instance, world, plan);
    const witness = invariants.add(session.id);
    const created = instance.create(session).then(() => {
      witness.isKnown = true;
    });
    world.ask(instance, created);
  }

  /** A request that began after a sign-out was confirmed must not find the session. */
  async function look(instance: Instance, witness: Witness): Promise<void> {
    const wasOver = witness.isOver;
    const found = await instance.use(witness.id);
    if (found && wasOver) violation('came-back', `${witness.id.slice(0, 4)} was shown after the sign-out`);
  }

  async function refresh(instance: Instance, request: RefreshRequest, witness: Witness): Promise<void> {
    const outcome = await instance.refresh(request);
    if (
      outcome.status === 'unavailable' &&
      outcome.reason === 'recovering' &&
      !witness.isEnding &&
      world.isHarmless()
    ) {
      violation('turned-away', `${request.id.slice(0, 4)} is recovering`);
    }
    if (outcome.status !== 'refused') return;
    const name = request.provider ?? 'model';
    const [refused, stored] = [outcome.session, witness.session].map((session) => session?.entries[name]);
    // Another account may have been connected since.
    const family = refused?.refreshToken && provider.familyOf(refused.refreshToken).family;
    if (!stored?.refreshToken || stored.dead || provider.familyOf(stored.refreshToken).family !== family) return;
    if (provider.accepts(stored.refreshToken)) violation('wrongly-refused', request.id.slice(0, 4));
  }

  async function signOut(instance: Instance, witness: Witness): Promise<void> {
    witness.isEnding = true;
    witness.isLeft = true;
    const wasThere = await instance.signOut(witness.id).catch((error: unknown) => {
      if (world.isHarmless()) violation('turned-away', `${witness.id.slice(0, 4)} cannot sign out: ${error}`);
      throw error;
    });
    if (wasThere && witness.session) violation('came-back', `${witness.id.slice(0, 4)} is there after the sign-out`);
    witness.isOver ||= wasThere;
  }

  function done(kind: Act['kind'], instance: Instance, witness: Witness): Promise<unknown> | undefined {
    const { id } = witness;
    switch (kind) {
      case 'request':
      case 'read':
        return refresh(instance, { id, cause: kind, ...anyProvider(witness, draw) }, witness);
      case 'target':
        return refresh(instance, { id, cause: draw.one(['request', 'read']), target: { resource: 'r' } }, witness);
      case 'use':
        return look(instance, witness);
      case 'sign-out':
        return signOut(instance, witness);
      case 'break-lease':
        world.counts.interventions += 1;
        return instance.breakLease(blobName.session(id));
      case 'crash':
      case 'stand-still':
      case 'sign-in':
        return undefined;
      default:
        return amend[kind](instance, witness);
    }
  }

  return (kind) => {
    const instance = world.anyone();
    if (!instance) return;
    if (kind === 'sign-in') return signIn(instance);
    if (kind === 'stand-still') return world.standStill(instance, draw.between(0, plan.longestStandstill));
    if (kind === 'crash') return world.crash(instance);
    const witness = draw.any([...invariants.witnesses.values()].filter(({ isKnown }) => isKnown));
    const doing = witness && done(kind, instance, witness);
    if (doing) world.ask(instance, doing);
  };
}

/** One of the accounts, where there are more than the one that has signed in. */
function anyProvider({ session }: Witness, draw: Draw): { provider?: string } {
  const names = Object.keys(session?.entries ?? {});
  return names.length > 1 ? { provider: draw.any(names) ?? 'model' } : {};
}

function newSession({ process }: Instance, { provider }: World, plan: Plan, user?: UserId): Session {
  const { clock, random } = process.platform;
  const { refreshToken } = provider.issue();
  const at = seconds(clock);
  const hex = (count: number) => Buffer.from(random.bytes(count)).toString('hex');
  const id = hex(32) as SessionId;
  const tokens = { accessToken: new Secret('access_token', 'a'), refreshToken, expiresIn: plan.manners.life };
  const session = {
    id,
    user: user ?? (hex(32) as UserId),
    aliases: [],
    sid: 'sid:0',
    provider: 'model',
    signedInAt: at,
    expiresAt: at + plan.sessionLifetime,
    endsAt: at + plan.longestSession,
    entries: {
      model: {
        issuer: 'https://model.example',
        subject: id,
        claims: {},
        accessToken: tokens.accessToken,
        refreshToken,
        ...tokenTimes(tokens, at, random),
        failures: 0,
        history: [],
      },
    },
  };
  return { ...session, visitAt: nextVisit(session, at, plan.refreshExtension) };
}
