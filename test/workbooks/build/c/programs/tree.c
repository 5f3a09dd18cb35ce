/* A binary tree: grown, walked in three orders, measured, freed. */
#include <stdio.h>
#include <stdlib.h>

typedef struct node { int key; struct node *left, *right; } node;

static node *insert(node *t, int key)
{
    if (!t) {
        t = malloc(sizeof *t);
        *t = (node){.key = key};
    } else if (key < t->key) {
        t->left = insert(t->left, key);
    } else if (key > t->key) {
        t->right = insert(t->right, key);
    }
    return t;
}

static int height(const node *t)
{
    if (!t) return 0;
    int l = height(t->left), r = height(t->right);
    return 1 + (l > r ? l : r);
}

static void walk(const node *t, int order)
{
    if (!t) return;
    if (order == 0) printf("%d ", t->key);
    walk(t->left, order);
    if (order == 1) printf("%d ", t->key);
    walk(t->right, order);
    if (order == 2) printf("%d ", t->key);
}

static int release(node *t)
{
    if (!t) return 0;
    int n = release(t->left) + release(t->right) + 1;
    free(t);
    return n;
}

int main(void)
{
    node *t = NULL;
    for (int i = 0, k = 50; i < 25; i++, k = (k * 37 + 11) % 101) t = insert(t, k);
    for (int order = 0; order < 3; order++) {
        walk(t, order);
        putchar('\n');
    }
    printf("%d\n", height(t));
    return release(t);
}
