import { Secret } from '../../shared/telemetry/secret.ts';
import type { UserId } from '../../shared/token-store/names.ts';
import type { Session } from '../../shared/token-store/session.ts';
import type { Instance } from './instance.ts';
import type { Witness } from './invariants.ts';
import { checkAmended } from './places.ts';
import type { Amending } from './plan.ts';
import type { Draw } from './random.ts';
import { violation } from './violation.ts';
import type { World } from './world.ts';

type Doing = (instance: Instance, witness: Witness) => Promise<unknown>;

/** What changes sessions beside refreshes and sign-outs, and what must be so once each of that is confirmed. */
export function createAmendingActs(
  { invariants, provider }: World,
  draw: Draw,
  begin: (instance: Instance, user: UserId) => Session,
): Record<Amending, Doing> {
  let backends = 0;

  /** While it is under way, and for good where it is cut, nobody can say what it has written. */
  async function unsurely(witness: Witness, doing: () => Promise<void>): Promise<void> {
    witness.unsure += 1;
    await doing();
    witness.unsure -= 1;
  }

  const connect: Doing = (instance, witness) =>
    unsurely(witness, async () => {
      const { family, refreshToken } = provider.issue();
      const subject = draw.one([`${witness.id}a`, `${witness.id}b`, 'shared']);
      const tokens = { accessToken: new Secret('access_token', family.name), refreshToken, expiresIn: provider.life };
      const account = { issuer: 'https://model.example', subject, claims: {}, tokens };
      const isDone = await instance.connect(witness.id, account);
      if (isDone !== family.storedAt.has(0)) {
        violation(isDone ? 'undone' : 'came-back', `${family.name}, ${isDone ? 'connected' : 'refused'}`);
      }
    });

  const disconnect: Doing = async (instance, witness) => {
    const before = witness.session?.entries['second']?.refreshToken;
    if (!(await instance.disconnect(witness.id)) || !before) return;
    const { family } = provider.familyOf(before);
    if (family.place === witness.id) violation('came-back', `${family.name} is there, which was disconnected`);
  };

  /** A consent that was given, and nobody is withdrawing. */
  const anyConsent = ({ amended }: Witness) => draw.any([...amended].filter(([, { given }]) => given === true));

  const consent: Doing = async (instance, { id, amended }) => {
    const backend = `b${backends++}`;
    if (await instance.giveConsent(id, backend)) amended.set(backend, { given: true, uses: 0 });
  };

  const withdraw: Doing = async (instance, witness) => {
    const [backend, consent] = anyConsent(witness) ?? [];
    if (!backend || !consent) return;
    consent.given = undefined;
    if (await instance.withdrawConsent(witness.id, backend)) consent.given = false;
  };

  const count: Doing = async (instance, witness) => {
    const [backend, consent] = anyConsent(witness) ?? [];
    if (backend && consent && (await instance.countUse(witness.id, backend))) consent.uses += 1;
  };

  /** A new sign-in of the same user in the same browser. */
  const move: Doing = async (instance, old) => {
    if (!old.session || old.isEnding) return;
    old.isEnding = true;
    let isDone = false;
    const session = begin(instance, old.session.user);
    const next = invariants.add(session.id);
    await unsurely(next, async () => {
      await instance.create(session);
      isDone = await instance.move(old.id, next.id).finally(() => {
        next.isKnown = true;
      });
    });
    if (!isDone) return;
    if (old.session) violation('came-back', `${old.id.slice(0, 4)} is there after its end`);
    old.isOver = true;
    if (old.isLeft || !next.session) return;
    const missing = old.last.find(({ isOut, place }) => !isOut && place !== next.id);
    if (missing) violation('tokens-lost', `${missing.name} was not moved`);
    next.amended = old.amended;
    checkAmended(next.session, next.amended);
  };

  return { connect, disconnect, consent, withdraw, count, move };
}
