import { createClient, TokenkeepError } from '../../../client/index.ts';

// `start.ts` says where the other two are; an app of its own would have them in its configuration.
const origin = import.meta.env.VITE_TOKENKEEP;
const api = import.meta.env.VITE_API;

const auth = createClient({ origin, provider: 'demo' });

const signIn = element('sign-in');
const signOut = element('sign-out');
const call = element('call');

signIn.onclick = () => auth.signIn();
signOut.onclick = () => auth.signOut({ redirectTo: location.href });
call.onclick = async () => {
  element('answer').textContent = await answerOf(() => auth.fetchWithToken(`${api}/whoami`));
};

auth.onChange((entries) => {
  const [entry] = entries ?? [];
  element('who').textContent = entry ? `Signed in as ${entry.user_id}.` : 'Nobody is signed in.';
  signIn.hidden = entry !== undefined;
  signOut.hidden = call.hidden = entry === undefined;
});

// Whatever comes of it, the listener above is told.
auth.me().catch((error: TokenkeepError) => {
  element('who').textContent = error.message;
});

async function answerOf(ask: () => Promise<Response>): Promise<string> {
  try {
    return JSON.stringify(await (await ask()).json(), null, 2);
  } catch (error) {
    return error instanceof TokenkeepError ? error.code : String(error);
  }
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`There is no #${id}.`);
  return found;
}
