/* A hash table with chains, grown while it is filled. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry { char *key; int value; struct entry *next; };
struct table { struct entry **slots; unsigned size, count; };

static unsigned hash(const char *s)
{
    unsigned h = 2166136261u;
    for (; *s; s++) h = (h ^ (unsigned char)*s) * 16777619u;
    return h;
}

static void grow(struct table *t)
{
    struct table bigger = {calloc(t->size * 2, sizeof *t->slots), t->size * 2, t->count};
    for (unsigned i = 0; i < t->size; i++)
        for (struct entry *e = t->slots[i], *next; e; e = next) {
            next = e->next;
            unsigned slot = hash(e->key) % bigger.size;
            e->next = bigger.slots[slot];
            bigger.slots[slot] = e;
        }
    free(t->slots);
    *t = bigger;
}

static int *at(struct table *t, const char *key)
{
    unsigned slot = hash(key) % t->size;
    for (struct entry *e = t->slots[slot]; e; e = e->next)
        if (!strcmp(e->key, key)) return &e->value;
    if (t->count >= t->size) {
        grow(t);
        slot = hash(key) % t->size;
    }
    struct entry *e = malloc(sizeof *e);
    *e = (struct entry){strcpy(malloc(strlen(key) + 1), key), 0, t->slots[slot]};
    t->slots[slot] = e;
    t->count++;
    return &e->value;
}

int main(void)
{
    struct table t = {calloc(4, sizeof(struct entry *)), 4, 0};
    char key[16];
    for (int i = 0; i < 5000; i++) {
        sprintf(key, "k%d", i * i % 701);
        *at(&t, key) += i;
    }
    long long sum = 0;
    for (int i = 0; i < 701; i++) {
        sprintf(key, "k%d", i);
        sum = sum * 31 + *at(&t, key);
    }
    printf("%u %u %lld\n", t.count, t.size, sum);
    return 0;
}
