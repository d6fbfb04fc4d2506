#include "state/user_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>


namespace gh::state {

namespace {

constexpr std::int64_t settle_ms = 100;  // more than the kernel's grain of file times

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

bool is_settled(const struct stat& file) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const std::int64_t age_ms =
      (now.tv_sec - file.st_ctim.tv_sec) * 1000 + (now.tv_nsec - file.st_ctim.tv_nsec) / 1000000;
  return age_ms > settle_ms;
}

Unexpected<Error> system_error(int number) { return fail(std::strerror(number), number); }

class Descriptor {
 public:
  explicit Descriptor(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Result<std::string> read_whole(int fd) {
  std::string text;
  char piece[16 * 1024];
  while (true) {
    const ssize_t got = ::read(fd, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(errno);
    if (got == 0) return text;
    text.append(piece, static_cast<std::size_t>(got));
    if (text.size() > UserFiles::max_file_bytes) return system_error(EFBIG);
  }
}

}  // namespace

void UserFile::read_lines(std::string_view text, std::map<std::string, std::string, std::less<>>& passwords) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    line = line.substr(0, line.find('\r'));
    const std::size_t colon = line.find(':');
    if (line.starts_with("#") || colon == std::string_view::npos) continue;
    std::string_view password = line.substr(colon + 1);
    password = password.substr(0, password.find(':'));
    passwords.try_emplace(std::string(line.substr(0, colon)), password);
  }
}

std::shared_ptr<const UserFile> UserFiles::current(const std::string& path) {
  std::shared_ptr<const UserFile> known;
  {
    const std::lock_guard guard(lock_);
    const auto it = files_.find(path);
    if (it == files_.end()) return nullptr;
    known = it->second;
  }
  struct stat now{};
  if (!known->is_settled || ::stat(path.c_str(), &now) != 0 || !is_same(now, known->identity)) return nullptr;
  return known;
}

Result<std::shared_ptr<const UserFile>> UserFiles::load(const std::string& path) {
  if (auto known = current(path)) return known;
  const Descriptor file(path);
  if (file.get() < 0) return system_error(errno);
  auto fresh = std::make_shared<UserFile>();
  if (::fstat(file.get(), &fresh->identity) != 0) return system_error(errno);
  if (S_ISDIR(fresh->identity.st_mode)) return system_error(EISDIR);
  if (!S_ISREG(fresh->identity.st_mode)) return system_error(EINVAL);
  fresh->is_settled = is_settled(fresh->identity);
  auto text = read_whole(file.get());
  if (!text) return Unexpected<Error>(text.error());
  UserFile::read_lines(*text, fresh->passwords);
  const std::lock_guard guard(lock_);
  if (files_.size() >= max_files && !files_.contains(path)) files_.clear();  // paths may be made of variables
  files_[path] = fresh;
  return std::shared_ptr<const UserFile>(std::move(fresh));
}

Proof UserFiles::proof_of(std::string_view user, std::string_view password, std::string_view stored) {
  std::string text;
  for (const std::string_view part : {user, password, stored}) {
    const std::uint64_t size = part.size();  // so that "ab"+"c" is not "a"+"bc"
    text.append(reinterpret_cast<const char*>(&size), sizeof size).append(part);
  }
  return process_hmac(text);
}

bool UserFiles::was_right(const Proof& proof, std::int64_t now_ms) {
  std::uint64_t at = 0;
  std::memcpy(&at, proof.data(), sizeof at);
  const std::lock_guard guard(proofs_lock_);
  const Proven& slot = proofs_[at % proof_slots];
  return now_ms < slot.until_ms && slot.proof == proof;
}

void UserFiles::remember(const Proof& proof, std::int64_t now_ms) {
  std::uint64_t at = 0;
  std::memcpy(&at, proof.data(), sizeof at);
  const std::lock_guard guard(proofs_lock_);
  proofs_[at % proof_slots] = {proof, now_ms + proof_ms};
}

}  // namespace gh::state
