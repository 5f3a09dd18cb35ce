// args: arguments.wasm first "second one" é ""
// env: KEY=value EMPTY= PATHS=/a:/b
#include <stdio.h>
#include <stdlib.h>

extern char **environ;

static int by_name(const void *a, const void *b) {
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    while (*x && *x == *y) x++, y++;
    return *x - *y;
}

int main(int argc, char **argv) {
    printf("%d arguments\n", argc);
    for (int i = 0; i < argc; i++) printf("[%s]\n", argv[i]);
    int count = 0;
    while (environ && environ[count]) count++;
    qsort(environ, count, sizeof *environ, by_name);
    for (int i = 0; i < count; i++) printf("{%s}\n", environ[i]);
    printf("KEY is %s, MISSING is %s\n", getenv("KEY"), getenv("MISSING") ? "there" : "not there");
    return 0;
}
