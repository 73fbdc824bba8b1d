// The bundle's entry: each import registers one function with the host.
import './app-code.ts';
import './app-token-sign-in.ts';
import './callback.ts';
import './client-sign-in.ts';
import './done.ts';
import './health.ts';
import './iframe-receiver.ts';
import './keys.ts';
import './login.ts';
import './logout.ts';
import './me.ts';
import './recover.ts';
import './refresh.ts';
import './sign-in-page.ts';
import './sweep.ts';
import './verify.ts';
import './visit.ts';
