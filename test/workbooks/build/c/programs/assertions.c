/* assert that holds; NDEBUG that takes one away. */
#include <assert.h>
#include <stdio.h>

static int calls;
static int counted(int x) { return calls++, x; }

#define NDEBUG
#undef assert
#include <assert.h>
static void unchecked(void) { assert(counted(0)); }

#undef NDEBUG
#include <assert.h>
int main(void)
{
    assert(counted(1));
    unchecked();
    printf("%d\n", calls);
    return 0;
}
