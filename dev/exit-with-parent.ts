// Preloaded into child processes: when the parent is gone, however it went, the child ends as if asked to.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The channel that tells must not keep a process alive that has shut down.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.prependListener(signal, () => process.channel?.unref());
