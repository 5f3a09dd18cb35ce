/* Pointers to functions: in tables, as parameters, as results. */
#include <stdio.h>

typedef int (*operation)(int, int);

static int add(int a, int b) { return a + b; }
static int sub(int a, int b) { return a - b; }
static int mul(int a, int b) { return a * b; }

static const struct { char sign; operation apply; } table[] = {{'+', add}, {'-', sub}, {'*', mul}};

static operation find(char sign)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].sign == sign) return table[i].apply;
    return NULL;
}

static int fold(int (*f)(int, int), const int *xs, int n, int start)
{
    for (int i = 0; i < n; i++) start = f(start, xs[i]);
    return start;
}

static int (*twice(int which))(int, int) { return which ? mul : add; }

int main(void)
{
    int xs[] = {1, 2, 3, 4, 5};
    for (const char *s = "+-*/"; *s; s++) {
        operation f = find(*s);
        if (f) printf("%c %d\n", *s, fold(f, xs, 5, 1));
        else printf("%c unknown\n", *s);
    }
    printf("%d %d %d\n", twice(0)(6, 7), twice(1)(6, 7), (*add)(1, 2) == (**&add)(1, 2));
    return 0;
}
