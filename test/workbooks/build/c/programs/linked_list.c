/* A list: built, reversed, sorted by merging, freed. */
#include <stdio.h>
#include <stdlib.h>

struct node { int value; struct node *next; };

static struct node *push(struct node *list, int value)
{
    struct node *n = malloc(sizeof *n);
    *n = (struct node){value, list};
    return n;
}

static struct node *reversed(struct node *list)
{
    struct node *done = NULL;
    while (list) {
        struct node *next = list->next;
        list->next = done;
        done = list;
        list = next;
    }
    return done;
}

static struct node *merged(struct node *a, struct node *b)
{
    struct node *head = NULL, **tail = &head;
    while (a && b) {
        struct node **smaller = a->value <= b->value ? &a : &b;
        *tail = *smaller;
        *smaller = (*smaller)->next;
        tail = &(*tail)->next;
    }
    *tail = a ? a : b;
    return head;
}

static struct node *sorted(struct node *list)
{
    if (!list || !list->next) return list;
    struct node *slow = list, *fast = list->next;
    while (fast && fast->next) {
        slow = slow->next;
        fast = fast->next->next;
    }
    struct node *half = slow->next;
    slow->next = NULL;
    return merged(sorted(list), sorted(half));
}

int main(void)
{
    struct node *list = NULL;
    for (int i = 0; i < 20; i++) list = push(list, i * 13 % 20);
    list = reversed(list);
    for (struct node *n = list; n; n = n->next) printf("%d ", n->value);
    putchar('\n');
    list = sorted(list);
    for (struct node *n = list, *next; n; n = next) {
        printf("%d ", n->value);
        next = n->next;
        free(n);
    }
    putchar('\n');
    return 0;
}
