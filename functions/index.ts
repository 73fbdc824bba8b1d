// The bundle's entry: each import registers one function with the host.
import './callback.ts';
import './done.ts';
import './health.ts';
import './keys.ts';
import './login.ts';
import './logout.ts';
import './me.ts';
import './recover.ts';
import './refresh.ts';
import './sweep.ts';
import './visit.ts';
