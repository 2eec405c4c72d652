/* Two processes open the same file and see each other's changes at once.
 *
 *     two_processes FILE
 *
 * FILE is made anew. The processes share nothing else but a socket, over which they take turns. */
#include "example_complain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void pass_turn(int socket) {
  if (write(socket, "", 1) != 1)
    _exit(EXIT_FAILURE);
}

static void await_turn(int socket) {
  char turn;
  if (read(socket, &turn, 1) != 1)
    _exit(EXIT_FAILURE);
}

/** Read four bytes and say so; they must be `expected`. */
static int see(const char *who, tome *map, uint64_t offset, const char *expected) {
  char word[5] = "";
  if (tome_read(map, offset, word, 4) < 0)
    return complain();
  printf("%s process reads \"%s\" at byte %" PRIu64 "\n", who, word, offset);
  return strcmp(word, expected) != 0;
}

static int second_process(const char *path, int socket) {
  tome *map = NULL;
  if (tome_open(&map, path, TOME_WRITE, NULL) < 0)
    return complain();
  if (see("the second", map, 0, "ping"))
    return 1;
  if (tome_write(map, 0, "pong", 4) < 0)
    return complain();
  pass_turn(socket);

  /* The first process has made the file longer than it was when this map was opened. */
  await_turn(socket);
  return see("the second", map, 4, "grew") || tome_close(map) < 0;
}

static int first_process(tome *map, int socket) {
  await_turn(socket);
  if (see("the first ", map, 0, "pong"))
    return 1;
  if (tome_append(map, "grew", 4, NULL) < 0)
    return complain();
  pass_turn(socket);
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: two_processes FILE\n");
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 0); /* lines in the order in which the two print them */

  tome *map = NULL;
  if (tome_open(&map, argv[1], TOME_WRITE | TOME_CREATE | TOME_TRUNCATE, NULL) < 0 ||
      tome_append(map, "ping", 4, NULL) < 0)
    return complain();

  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) < 0)
    return EXIT_FAILURE;
  pid_t child = fork();
  if (child == 0) {
    close(sockets[0]);
    return second_process(argv[1], sockets[1]);
  }
  close(sockets[1]);

  int status = -1;
  int failed = first_process(map, sockets[0]);
  waitpid(child, &status, 0);
  if (tome_close(map) < 0)
    return complain();
  return failed || status != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
