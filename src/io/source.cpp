// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

std::size_t Source::fill(char* buffer, std::size_t count) const {
  std::size_t done = 0;
  while (done < count) {
    const std::size_t found = read(buffer + done, count - done);
    if (found == 0) break;
    done += found;
  }
  return done;
}

Source Source::after(std::string bytes) const {
  struct State {
    std::string bytes;
    std::size_t at = 0;
  };
  const auto state = std::make_shared<State>(State{std::move(bytes)});
  return {[state, rest = read](char* buffer, std::size_t count) {
            if (state->at == state->bytes.size()) return rest(buffer, count);
            const std::size_t found = std::min(count, state->bytes.size() - state->at);
            std::copy_n(state->bytes.data() + state->at, found, buffer);
            state->at += found;
            return found;
          },
          name, size};
}

Source open_source(const std::string& path) {
  const std::string name = path == "-" ? "standard input" : shown(path);
  const int descriptor = path == "-" ? 0 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw UsageError(name + ": cannot be opened (" + std::strerror(errno) + "); check the name of the file");
  // The source owns the file, and a std::function must be copyable.
  const std::shared_ptr<const int> file(new int(descriptor), [](const int* d) {
    if (*d != 0) ::close(*d);
    delete d;
  });
  struct stat about {};
  const bool known = ::fstat(descriptor, &about) == 0;
  if (known && S_ISDIR(about.st_mode)) throw UsageError(name + ": is a directory; give a file of points");
  Source source{[file, name](char* buffer, std::size_t size) {
                  for (;;) {
                    const ssize_t count = ::read(*file, buffer, size);
                    if (count >= 0) return static_cast<std::size_t>(count);
                    if (errno != EINTR) throw UsageError(name + ": cannot be read (" + std::strerror(errno) + ")");
                  }
                },
                name, std::nullopt};
  if (known && S_ISREG(about.st_mode)) source.size = static_cast<std::uint64_t>(about.st_size);
  return source;
}

}  // namespace infwidth
