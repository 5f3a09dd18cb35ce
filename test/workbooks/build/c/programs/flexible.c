/* A struct with an array of no fixed length at its end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    size_t length;
    char bytes[];
};

static struct text *of(const char *s)
{
    size_t n = strlen(s);
    struct text *t = malloc(sizeof *t + n + 1);
    t->length = n;
    memcpy(t->bytes, s, n + 1);
    return t;
}

static struct text *joined(const struct text *a, const struct text *b)
{
    struct text *t = malloc(sizeof *t + a->length + b->length + 1);
    t->length = a->length + b->length;
    memcpy(t->bytes, a->bytes, a->length);
    memcpy(t->bytes + a->length, b->bytes, b->length + 1);
    return t;
}

int main(void)
{
    struct text *a = of("flexible "), *b = of("members"), *c = joined(a, b);
    printf("%s %d\n", c->bytes, (int)c->length);
    free(a);
    free(b);
    free(c);
    return 0;
}
