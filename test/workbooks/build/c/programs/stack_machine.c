/* An interpreter of a small language: tokens, precedence, a stack. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static const char *at;

static long sum(void);

static long atom(void)
{
    while (*at == ' ') at++;
    if (*at == '(') {
        at++;
        long value = sum();
        if (*at == ')') at++;
        return value;
    }
    if (*at == '-') {
        at++;
        return -atom();
    }
    if (!isdigit((unsigned char)*at)) {
        printf("unexpected %c\n", *at);
        exit(65);
    }
    return strtol(at, (char **)&at, 10);
}

static long product(void)
{
    long value = atom();
    for (;;) {
        while (*at == ' ') at++;
        if (*at == '*') at++, value *= atom();
        else if (*at == '/') at++, value /= atom();
        else return value;
    }
}

static long sum(void)
{
    long value = product();
    for (;;) {
        while (*at == ' ') at++;
        if (*at == '+') at++, value += product();
        else if (*at == '-') at++, value -= product();
        else return value;
    }
}

int main(void)
{
    const char *texts[] = {"1+2*3", "(1+2)*3", "-(4 - 10) / 2", "2*(3+4*(5-1))", "1 + x"};
    for (int i = 0; i < 5; i++) {
        at = texts[i];
        printf("%s = %ld\n", texts[i], sum());
    }
    return 0;
}
