import './jitless.ts';
import * as z from 'zod';
import { isSecureOrLoopback } from '../http/loopback.ts';

/** Kinds of values that auth.json and app settings hold. Each says in its error what is expected. */

/**
 * One word of a list, in whatever case, as Azure Resource Manager reads it; gives what the word means. A number is the
 * position in the list: so App Service writes enumerations into WEBSITE_AUTH_V2_CONFIG_JSON.
 */
export function choice<const Meaning extends string>(words: Readonly<Record<string, Meaning>>) {
  const meanings = Object.entries(words);
  const error = meanings.map(([word]) => word).join(' or ');
  return z.union([z.string(), z.int()], { error }).transform((input, context) => {
    const found = meanings.find(([word], at) => at === input || word.toLowerCase() === String(input).toLowerCase());
    if (found) return found[1];
    context.issues.push({ code: 'custom', message: error, input });
    return z.NEVER;
  });
}

/** `hh:mm:ss` or `d.hh:mm:ss` (.NET TimeSpan), read as seconds. */
export const timeSpan = z
  .string()
  .regex(/^(\d{1,5}\.)?([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/, 'a time span as hh:mm:ss or d.hh:mm:ss')
  .refine((text) => !/^[0.:]+$/.test(text), 'a time span longer than 00:00:00')
  .transform((text) => {
    const [, days = '0', hours, minutes, secs] = /^(?:(\d+)\.)?(\d\d):(\d\d):(\d\d)$/.exec(text) ?? [];
    return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(secs);
  });

/** Hours as a number, or as its text, as the reference of the file form has them. */
export const hours = z
  .union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/, 'a number of hours')], { error: 'a number of hours' })
  .transform(Number)
  .pipe(z.number().min(0, 'hours, 0 or more').max(8760, 'hours, at most 8760'));

export const endpoint = z
  .url({ error: 'an absolute URL', abort: true })
  .refine((url) => isSecureOrLoopback(new URL(url)), 'an https URL (plain http only to a loopback address)');

/** Letters, digits and underscores; Container Apps has hyphens in the names of secrets. */
export const settingName = z
  .string()
  .regex(/^[\w-]+$/, 'the name of an app setting: letters, digits, underscores and hyphens');

export const headerName = z
  .string()
  .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'the name of a header')
  .transform((name) => name.toLowerCase());

export const texts = z.array(z.string().min(1, 'a text'));

/** Whether a URL has no more than scheme, host and port: no user, path, query or fragment. */
export function isOrigin({ href, origin }: URL): boolean {
  return href === `${origin}/`;
}

/** An https origin without wildcards, or an http one of this machine, told as `error` where it is none. */
export function origin(error: string) {
  return z
    .url({ error, abort: true })
    .refine((text) => isSecureOrLoopback(new URL(text)) && isOrigin(new URL(text)) && !text.includes('*'), error)
    .transform((text) => new URL(text).origin);
}

/** `true` and `false` as .NET writes and reads them, and the `1` and `0` that App Service takes as well. */
export const flag = z
  .string()
  .regex(/^(true|false|1|0)$/i, 'true or false')
  .transform((text) => /^(true|1)$/i.test(text));
