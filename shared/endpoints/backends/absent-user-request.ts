import type { PrincipalName } from '../../backends/absent-user.ts';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { providerName } from '../../providers/provider-name.ts';

/** The user and the provider that `users/{user}/tokens/{provider}` names. */
export function namesIn(path: string): { readonly user: PrincipalName; readonly provider: string } {
  const [user = '', , provider = ''] = path.split('/').map((part) => decoded(part));
  const [idp = '', ...id] = user.split(':');
  if (idp === '' || id.join('') === '') {
    throw new TokenkeepError('request_malformed', { detail: 'the user is {idp}:{id}' });
  }
  return { user: { provider: providerName(idp), id: headerText(id.join(':')) }, provider: providerName(provider) };
}

/** Letters, digits, marks, signs and plain spaces, the first and last of them no space. */
const visible = /^(?! )[^\p{C}\p{Zl}\p{Zp}]{1,200}(?<! )$/u;

/** What the backend says that it wants the token for. Throws `purpose_missing`. */
export function purposeOf(request: Request): string {
  const purpose = headerText(request.headers.get('x-tokenkeep-purpose') ?? '');
  if (!visible.test(purpose)) throw new TokenkeepError('purpose_missing');
  return purpose;
}

/** A text as headers carry it: ASCII, or percent-encoded where it is not, or holds a `%` (RFC 9110 section 5.5). */
function headerText(text: string): string {
  return text.includes('%') ? decoded(text) : text;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
