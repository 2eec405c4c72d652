/* Run the inputs of a corpus one after the other, without a fuzzer. */
#ifndef REPLAY_CORPUS_H
#define REPLAY_CORPUS_H

/** For a child of a test: what a wrong input does to a fuzzer it does here, it ends the process.
 *  @param path  a text file, one input in hexadecimal a line; of type char */
void replay_corpus(void *path);

/** How many inputs there are. */
unsigned count_corpus(const char *path);

#endif
