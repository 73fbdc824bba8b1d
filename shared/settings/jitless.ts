import { config } from 'zod';

// Compiling a schema takes longer than the one time that settings are read. To be imported before schemas are made.
config({ jitless: true });
