/* A tagged union, and a small evaluator over it. */
#include <stdio.h>
#include <stdlib.h>

typedef struct expr expr;
struct expr {
    enum { NUMBER, SUM, PRODUCT, NEGATED } kind;
    union {
        double number;
        struct { expr *left, *right; };
        expr *inner;
    };
};

static expr *make(expr e)
{
    expr *p = malloc(sizeof *p);
    *p = e;
    return p;
}

#define N(x) make((expr){.kind = NUMBER, .number = (x)})
#define ADD(a, b) make((expr){.kind = SUM, .left = (a), .right = (b)})
#define MUL(a, b) make((expr){.kind = PRODUCT, .left = (a), .right = (b)})
#define NEG(a) make((expr){.kind = NEGATED, .inner = (a)})

static double value(const expr *e)
{
    switch (e->kind) {
    case NUMBER: return e->number;
    case SUM: return value(e->left) + value(e->right);
    case PRODUCT: return value(e->left) * value(e->right);
    case NEGATED: return -value(e->inner);
    }
    return 0;
}

static void show(const expr *e)
{
    switch (e->kind) {
    case NUMBER: printf("%g", e->number); break;
    case SUM: putchar('('); show(e->left); putchar('+'); show(e->right); putchar(')'); break;
    case PRODUCT: show(e->left); putchar('*'); show(e->right); break;
    case NEGATED: putchar('-'); show(e->inner); break;
    }
}

int main(void)
{
    expr *e = MUL(ADD(N(1), N(2.5)), NEG(ADD(N(4), MUL(N(2), N(3)))));
    show(e);
    printf(" = %g\n", value(e));
    return 0;
}
