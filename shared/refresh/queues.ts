/** The queue between the timer and the visits. */
export const visitQueueName = 'tokenkeep-visits';

/** The queue that takes a refreshed session while the container is away. */
export const recoveryQueueName = 'tokenkeep-recovery';
