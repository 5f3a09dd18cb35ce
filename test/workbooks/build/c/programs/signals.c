/* raise and a handler, which C99 has. */
#include <signal.h>
#include <stdio.h>

static volatile sig_atomic_t got;

static void handle(int signal) { got = signal; }

int main(void)
{
    printf("%d\n", signal(SIGTERM, handle) == SIG_DFL);
    raise(SIGTERM);
    printf("%d %d\n", got == SIGTERM, signal(SIGTERM, SIG_IGN) != SIG_ERR);
    raise(SIGTERM);
    return 0;
}
