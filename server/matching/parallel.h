#ifndef PASSERELLE_SERVER_MATCHING_PARALLEL_H_
#define PASSERELLE_SERVER_MATCHING_PARALLEL_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace passerelle::matching {

// Calls work(state, chunk, begin, end) for consecutive chunks of [0, size),
// each at most `chunk_size` long, on `threads` threads, each of which has a
// state of its own made by make_state(). Which thread takes a chunk is left
// open, so results belong to chunks: put together in their order they do not
// depend on the number of threads.
template <typename MakeState, typename Work>
void ForChunksWith(size_t size, size_t chunk_size, int threads,
                   const MakeState& make_state, const Work& work) {
  const size_t chunks = (size + chunk_size - 1) / chunk_size;
  std::atomic<size_t> next = 0;
  const auto run = [&] {
    auto state = make_state();
    for (;;) {
      const size_t chunk = next.fetch_add(1);
      if (chunk >= chunks) return;
      const size_t begin = chunk * chunk_size;
      work(state, chunk, begin, std::min(size, begin + chunk_size));
    }
  };
  const size_t others =
      std::min(static_cast<size_t>(std::max(threads, 1)), chunks);
  std::vector<std::jthread> helpers;
  for (size_t i = 1; i < others; ++i) helpers.emplace_back(run);
  run();
}

// Without a state: work(chunk, begin, end).
template <typename Work>
void ForChunks(size_t size, size_t chunk_size, int threads, const Work& work) {
  ForChunksWith(
      size, chunk_size, threads, [] { return 0; },
      [&work](int, size_t chunk, size_t begin, size_t end) {
        work(chunk, begin, end);
      });
}

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_PARALLEL_H_
