/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread for each queue; all are waited for. */
int main(void)
{
    static pthread_t threads[QUEUE_COUNT];
    static bool is_started[QUEUE_COUNT];
    int status = EXIT_SUCCESS;
#ifdef LOG
    setvbuf(stdout, NULL, _IOLBF, 0);
#endif
#ifdef LOOKUP_COUNT
    int no_resolver = start_resolver();
    if (no_resolver != 0) {
        fprintf(stderr, "names cannot be looked up: %s\n", strerror(no_resolver));
        status = EXIT_FAILURE;
    }
#endif
    for (size_t i = 0; i < QUEUE_COUNT; i++) {
        int failure = pthread_create(&threads[i], NULL, nfqueue_thread, &queues[i]);
        is_started[i] = failure == 0;
        if (failure != 0) {
            fprintf(stderr, "queue %u has no thread: %s\n", (unsigned)queues[i].queue_id,
                    strerror(failure));
            status = EXIT_FAILURE;
        }
    }
    for (size_t i = 0; i < QUEUE_COUNT; i++)
        if (is_started[i])
            pthread_join(threads[i], NULL);
#ifdef LOOKUP_COUNT
    if (no_resolver == 0)
        end_resolver();
#endif
    return status;
}
