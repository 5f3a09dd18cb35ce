// files
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void say(const char *what, int result) {
    printf("%s: %s\n", what, result == 0 ? "done" : strerror(errno));
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *path) {
    char *names[32];
    int count = 0;
    DIR *dir = opendir(path);
    if (!dir) {
        printf("%s cannot be listed: %s\n", path, strerror(errno));
        return;
    }
    for (struct dirent *entry; (entry = readdir(dir)) && count < 32;) names[count++] = strdup(entry->d_name);
    closedir(dir);
    qsort(names, count, sizeof *names, by_name);
    printf("%s:", path);
    for (int i = 0; i < count; i++) printf(" %s", names[i]);
    printf("\n");
}

static void show(const char *path) {
    char buffer[256];
    FILE *file = fopen(path, "rb");
    if (!file) {
        printf("%s cannot be read: %s\n", path, strerror(errno));
        return;
    }
    size_t length = fread(buffer, 1, sizeof buffer, file);
    fclose(file);
    printf("%s (%zu): ", path, length);
    for (size_t i = 0; i < length; i++) printf("%02x", (unsigned char)buffer[i]);
    printf("\n");
}

int main(void) {
    struct stat info;
    show("/data/given");
    FILE *file = fopen("/data/new", "w");
    say("open for writing", file ? 0 : -1);
    if (!file) return 1;
    fprintf(file, "one\ntwo\n");
    say("close", fclose(file));
    show("/data/new");

    file = fopen("/data/new", "r+");
    fseek(file, 4, SEEK_SET);
    fputs("TWO", file);
    fseek(file, 0, SEEK_END);
    printf("%ld bytes\n", ftell(file));
    fclose(file);
    file = fopen("/data/new", "a");
    fputs("three\n", file);
    fclose(file);
    show("/data/new");

    say("truncate", truncate("/data/new", 5));
    say("stat", stat("/data/new", &info));
    printf("size %lld, regular %d\n", (long long)info.st_size, S_ISREG(info.st_mode));

    say("mkdir", mkdir("/data/folder", 0755));
    say("mkdir again", mkdir("/data/folder", 0755));
    say("rename", rename("/data/new", "/data/folder/moved"));
    say("rename what is not there", rename("/data/new", "/data/folder/other"));
    show("/data/new");
    show("/data/folder/moved");
    list("/data");
    list("/data/folder");
    say("rmdir of a full one", rmdir("/data/folder"));
    say("link", symlink("moved", "/data/folder/link"));
    char target[64] = {0};
    printf("readlink: %zd %s\n", readlink("/data/folder/link", target, sizeof target - 1), target);
    show("/data/folder/link");
    say("unlink", unlink("/data/folder/link"));
    say("unlink again", unlink("/data/folder/link"));

    int fd = open("/data/exclusive", O_CREAT | O_EXCL | O_WRONLY, 0644);
    say("exclusive", fd < 0 ? -1 : 0);
    say("exclusive again", open("/data/exclusive", O_CREAT | O_EXCL | O_WRONLY, 0644) < 0 ? -1 : 0);
    char bytes[256];
    for (int i = 0; i < 256; i++) bytes[i] = (char)i;
    printf("pwrite: %zd\n", pwrite(fd, bytes, 256, 3));
    say("sync", fsync(fd));
    close(fd);
    show("/data/exclusive");

    show("/data/../outside");
    show("/etc/passwd");
    say("open a directory for writing", open("/data/folder", O_WRONLY) < 0 ? -1 : 0);
    list("/data");
    return 0;
}
