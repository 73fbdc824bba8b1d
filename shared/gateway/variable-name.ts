/**
 * A header's name as servers know it that hand headers on as variables, but in lower case and with `-`. They make `_` of
 * `-` (CGI: RFC 3875 section 4.1.18), and some of every other mark that a name may have, so that they tell none apart.
 */
export function variableName(name: string): string {
  return name.toLowerCase().replace(/[^a-z\d]/g, '-');
}
