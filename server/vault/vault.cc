#include "server/vault/vault.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/log.h"
#include "common/status_macros.h"

namespace passerelle::vault {
namespace {

constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr size_t kWrappedBytes = kNonceBytes + DataKey::kSize + kTagBytes;

// Sealed bytes: format, number of the key, nonce, tag, ciphertext of (length,
// plain text, zeros). Numbers are big-endian.
constexpr char kFormat = 1;
constexpr size_t kNumberBytes = 8;
constexpr size_t kHeaderBytes = 1 + kNumberBytes;
constexpr size_t kLengthBytes = 4;
constexpr size_t kTagAt = kHeaderBytes + kNonceBytes;
constexpr size_t kCipherAt = kTagAt + kTagBytes;

// Keys made with one flush; more are made when half of them are gone.
constexpr size_t kBlock = 256;
constexpr int kRewrapStep = 256;
constexpr int kLinesAtOnce = 1000;
constexpr absl::Duration kRetry = absl::Seconds(5);

unsigned char* Bytes(char* text) {
  return reinterpret_cast<unsigned char*>(text);
}
const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void PutNumber(uint64_t number, size_t bytes, char* to) {
  for (size_t i = 0; i < bytes; ++i) {
    to[i] = static_cast<char>(number >> (8 * (bytes - 1 - i)));
  }
}

uint64_t NumberAt(const char* from, size_t bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < bytes; ++i) {
    number = (number << 8) | static_cast<unsigned char>(from[i]);
  }
  return number;
}

// The system is asked for forty nonces at a time: asking costs as much as
// sealing 300 bytes.
void NextNonce(char* to) {
  struct Stock {
    std::array<char, 40 * kNonceBytes> bytes;
    size_t used = sizeof(bytes);
  };
  thread_local Stock stock;
  if (stock.used == stock.bytes.size()) {
    randombytes_buf(stock.bytes.data(), stock.bytes.size());
    stock.used = 0;
  }
  std::memcpy(to, stock.bytes.data() + stock.used, kNonceBytes);
  stock.used += kNonceBytes;
}

size_t Padded(size_t size) {
  size_t step = 64;
  while (step * 16 <= size) step *= 2;
  return (size + step - 1) / step * step;
}

std::string WithHeader(absl::string_view identity, absl::string_view sealed) {
  return absl::StrCat(identity, sealed.substr(0, kHeaderBytes));
}

// Which key it is and who wraps it: wrapped keys cannot be swapped.
std::string WrapIdentity(const storage::WrappedKey& key) {
  std::string identity(kNumberBytes, '\0');
  PutNumber(static_cast<uint64_t>(key.number), kNumberBytes, identity.data());
  return absl::StrCat("passerelle data key", identity, key.wrapped_by);
}

absl::Status Erased() { return absl::NotFoundError("the key is destroyed"); }

}  // namespace

absl::StatusOr<std::unique_ptr<Vault>> Vault::Open(const VaultOptions& options,
                                                   storage::KeyStore* store) {
  if (sodium_init() < 0) {
    return absl::InternalError("libsodium failed to start");
  }
  std::unique_ptr<Vault> vault(new Vault(options, store));
  if (!vault->cache_.ready()) {
    return absl::ResourceExhaustedError("no memory for keys");
  }
  PASSERELLE_RETURN_IF_ERROR(vault->LoadKeyFiles());
  PASSERELLE_RETURN_IF_ERROR(vault->CheckWrappers());
  PASSERELLE_RETURN_IF_ERROR(vault->LoadPlatformKey());
  PASSERELLE_RETURN_IF_ERROR(vault->OpenLedger());
  vault->keeper_ = std::thread([v = vault.get()] { v->Keep(); });
  return vault;
}

Vault::Vault(VaultOptions options, storage::KeyStore* store)
    : options_(std::move(options)),
      store_(store),
      cache_(options_.cached_keys) {}

Vault::~Vault() {
  {
    MutexLock lock(&keeper_mutex_);
    stopping_ = true;
  }
  keeper_wake_.NotifyAll();
  if (keeper_.joinable()) keeper_.join();
}

absl::Status Vault::LoadKeyFiles() {
  PASSERELLE_ASSIGN_OR_RETURN(KeyEncryptionKey current,
                              ReadKeyFile(options_.key_file));
  auto old = ReadKeyFile(OldKeyFile(options_.key_file));
  if (!old.ok() && !absl::IsNotFound(old.status())) return old.status();
  MutexLock lock(&kek_mutex_);
  if (old.ok()) keks_.push_back(*std::move(old));
  keks_.push_back(std::move(current));
  return absl::OkStatus();
}

absl::Status Vault::CheckWrappers() {
  std::vector<std::string> wrappers;
  PASSERELLE_RETURN_IF_ERROR(store_->Wrappers(&wrappers));
  bool rewrap = false;
  {
    MutexLock lock(&kek_mutex_);
    for (const std::string& id : wrappers) {
      rewrap |= id != keks_.back().id;
      if (std::any_of(keks_.begin(), keks_.end(),
                      [&](const KeyEncryptionKey& k) { return k.id == id; })) {
        continue;
      }
      return absl::FailedPreconditionError(absl::StrCat(
          options_.key_file,
          " is not the key that wraps this platform's data keys; put the "
          "right one there, or beside it as ",
          OldKeyFile(options_.key_file), "; nothing was changed"));
    }
  }
  MutexLock lock(&keeper_mutex_);
  rewrap_wanted_ = rewrap;
  return absl::OkStatus();
}

absl::Status Vault::LoadPlatformKey() {
  storage::WrappedKey wrapped;
  const absl::Status found = store_->Get(kPlatformKey, &wrapped);
  if (found.ok()) return Unwrap(wrapped, &platform_key_);
  if (!absl::IsNotFound(found)) return found;
  std::vector<std::string> wrappers;
  PASSERELLE_RETURN_IF_ERROR(store_->Wrappers(&wrappers));
  if (!wrappers.empty()) {
    return absl::DataLossError("the key store has lost the platform's key");
  }
  platform_key_ = DataKey::Random();
  return store_->Add({Wrap(kPlatformKey, platform_key_)});
}

absl::Status Vault::OpenLedger() {
  static constexpr char kContext[] = "passerelle erasure ledger";
  DataKey key;
  crypto_generichash(key.data(), DataKey::kSize, Bytes(kContext),
                     sizeof(kContext) - 1, platform_key_.data(),
                     DataKey::kSize);
  MutexLock lock(&erasure_mutex_);
  PASSERELLE_ASSIGN_OR_RETURN(
      ledger_, ErasureLedger::Open(options_.erasure_ledger, key));
  std::vector<std::string> lines;
  do {
    PASSERELLE_RETURN_IF_ERROR(store_->Lines(
        static_cast<int64_t>(applied_lines_), kLinesAtOnce, &lines));
    for (const std::string& line : lines) {
      if (applied_lines_ == ledger_->lines().size()) {
        // The store knows more: the file is an older copy, or a new one.
        const std::string before =
            applied_lines_ == 0 ? "" : ledger_->lines().back();
        if (!ledger_->Follows(before, line)) {
          return absl::DataLossError("the key store's ledger is damaged");
        }
        PASSERELLE_RETURN_IF_ERROR(ledger_->Append(line));
      } else if (ledger_->lines()[applied_lines_] != line) {
        return absl::DataLossError(
            absl::StrCat(options_.erasure_ledger, ":", applied_lines_ + 1,
                         ": the key store knows another erasure there; put "
                         "back the newest copy of the file"));
      }
      ++applied_lines_;
    }
  } while (!lines.empty());
  const size_t known = applied_lines_;
  PASSERELLE_RETURN_IF_ERROR(ApplyLedger());
  if (applied_lines_ > known) {
    Log(LogLevel::kWarning, "erasures_applied_again",
        {{"count", static_cast<int64_t>(applied_lines_ - known)}});
  }
  return absl::OkStatus();
}

// Carries out the lines of the ledger that the store does not know of.
absl::Status Vault::ApplyLedger() {
  while (applied_lines_ < ledger_->lines().size()) {
    const std::string& line = ledger_->lines()[applied_lines_];
    PASSERELLE_ASSIGN_OR_RETURN(const Erasure erasure,
                                ErasureLedger::Parse(line));
    cache_.Block(erasure.keys);
    PASSERELLE_RETURN_IF_ERROR(store_->Destroy(erasure.keys, line));
    ++applied_lines_;
  }
  return absl::OkStatus();
}

absl::Status Vault::AreErased(const std::vector<int64_t>& keys, bool* erased) {
  *erased = true;
  for (const int64_t number : keys) {
    storage::WrappedKey wrapped;
    const absl::Status found = store_->Get(number, &wrapped);
    if (absl::IsNotFound(found)) continue;
    PASSERELLE_RETURN_IF_ERROR(found);
    *erased &= wrapped.wrapped.empty();
  }
  return absl::OkStatus();
}

absl::Status Vault::Erase(const Erasure& erasure) {
  MutexLock lock(&erasure_mutex_);
  if (std::find(erasure.keys.begin(), erasure.keys.end(), kPlatformKey) !=
      erasure.keys.end()) {
    return absl::InternalError("the platform's key is not erased");
  }
  cache_.Block(erasure.keys);
  // Lines of an attempt that failed come first.
  PASSERELLE_RETURN_IF_ERROR(ApplyLedger());
  bool erased = false;
  PASSERELLE_RETURN_IF_ERROR(AreErased(erasure.keys, &erased));
  if (erased) return store_->ClearLog();
  PASSERELLE_RETURN_IF_ERROR(ledger_->Append(ledger_->NextLine(erasure)));
  return ApplyLedger();
}

void Vault::Suspend(const std::vector<int64_t>& keys) { cache_.Block(keys); }

void Vault::Resume(const std::vector<int64_t>& keys) { cache_.Unblock(keys); }

storage::WrappedKey Vault::Wrap(int64_t number, const DataKey& key) {
  MutexLock lock(&kek_mutex_);
  storage::WrappedKey wrapped;
  wrapped.number = number;
  wrapped.wrapped_by = keks_.back().id;
  wrapped.wrapped.resize(kWrappedBytes);
  const std::string identity = WrapIdentity(wrapped);
  char* bytes = wrapped.wrapped.data();
  NextNonce(bytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      Bytes(bytes + kNonceBytes), nullptr, key.data(), DataKey::kSize,
      Bytes(identity), identity.size(), nullptr, Bytes(bytes),
      keks_.back().key.data());
  return wrapped;
}

absl::Status Vault::Unwrap(const storage::WrappedKey& wrapped, DataKey* key) {
  MutexLock lock(&kek_mutex_);
  const auto kek = std::find_if(
      keks_.begin(), keks_.end(),
      [&](const KeyEncryptionKey& k) { return k.id == wrapped.wrapped_by; });
  const std::string identity = WrapIdentity(wrapped);
  if (kek == keks_.end() || wrapped.wrapped.size() != kWrappedBytes ||
      crypto_aead_xchacha20poly1305_ietf_decrypt(
          key->data(), nullptr, nullptr, Bytes(wrapped.wrapped) + kNonceBytes,
          kWrappedBytes - kNonceBytes, Bytes(identity), identity.size(),
          Bytes(wrapped.wrapped), kek->key.data()) != 0) {
    return absl::DataLossError("a data key is damaged");
  }
  return absl::OkStatus();
}

absl::Status Vault::FindKey(int64_t number, DataKey* key) {
  if (number == kPlatformKey) {
    *key = platform_key_;
    return absl::OkStatus();
  }
  switch (cache_.Find(number, key)) {
    case KeyCache::Found::kKey:
      return absl::OkStatus();
    case KeyCache::Found::kBlocked:
      return Erased();
    case KeyCache::Found::kNothing:
      break;
  }
  storage::WrappedKey wrapped;
  const absl::Status found = store_->Get(number, &wrapped);
  if (absl::IsNotFound(found)) return absl::DataLossError("no such key");
  PASSERELLE_RETURN_IF_ERROR(found);
  if (wrapped.wrapped.empty()) return Erased();
  PASSERELLE_RETURN_IF_ERROR(Unwrap(wrapped, key));
  cache_.Put(number, *key);
  return absl::OkStatus();
}

absl::Status Vault::Seal(int64_t key, absl::string_view identity,
                         absl::string_view plain, Padding padding,
                         std::string* sealed) {
  DataKey data_key;
  PASSERELLE_RETURN_IF_ERROR(FindKey(key, &data_key));
  size_t size = kLengthBytes + plain.size();
  if (padding == Padding::kBuckets) size = Padded(size);
  sealed->assign(kCipherAt + size, '\0');
  char* bytes = sealed->data();
  bytes[0] = kFormat;
  PutNumber(static_cast<uint64_t>(key), kNumberBytes, bytes + 1);
  NextNonce(bytes + kHeaderBytes);
  PutNumber(plain.size(), kLengthBytes, bytes + kCipherAt);
  if (!plain.empty()) {
    std::memcpy(bytes + kCipherAt + kLengthBytes, plain.data(), plain.size());
  }
  const std::string bound = WithHeader(identity, *sealed);
  crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
      Bytes(bytes + kCipherAt), Bytes(bytes + kTagAt), nullptr,
      Bytes(bytes + kCipherAt), size, Bytes(bound), bound.size(), nullptr,
      Bytes(bytes + kHeaderBytes), data_key.data());
  return absl::OkStatus();
}

absl::Status Vault::Open(absl::string_view identity, const std::string& sealed,
                         std::string* plain) {
  if (sealed.size() < kCipherAt + kLengthBytes || sealed[0] != kFormat) {
    return absl::DataLossError("not sealed");
  }
  DataKey data_key;
  PASSERELLE_RETURN_IF_ERROR(FindKey(KeyOf(sealed), &data_key));
  const size_t size = sealed.size() - kCipherAt;
  std::string opened(size, '\0');
  const std::string bound = WithHeader(identity, sealed);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
          Bytes(opened.data()), nullptr, Bytes(sealed) + kCipherAt, size,
          Bytes(sealed) + kTagAt, Bytes(bound), bound.size(),
          Bytes(sealed) + kHeaderBytes, data_key.data()) != 0) {
    return absl::DataLossError("altered, or sealed for another place");
  }
  const uint64_t length = NumberAt(opened.data(), kLengthBytes);
  if (length > size - kLengthBytes) return absl::DataLossError("bad length");
  opened.resize(kLengthBytes + length);
  opened.erase(0, kLengthBytes);
  *plain = std::move(opened);
  return absl::OkStatus();
}

int64_t Vault::KeyOf(absl::string_view sealed) {
  if (sealed.size() < kHeaderBytes) return 0;
  return static_cast<int64_t>(NumberAt(sealed.data() + 1, kNumberBytes));
}

absl::StatusOr<int64_t> Vault::NewKey() {
  for (int attempt = 0;; ++attempt) {
    {
      MutexLock lock(&ready_mutex_);
      if (!ready_.empty()) {
        const int64_t number = ready_.back();
        ready_.pop_back();
        if (ready_.size() == kBlock / 2) {
          MutexLock keeper_lock(&keeper_mutex_);
          keys_wanted_ = true;
          keeper_wake_.NotifyOne();
        }
        return number;
      }
    }
    if (attempt == 2) return absl::UnavailableError("keys are used up");
    MutexLock lock(&making_mutex_);
    PASSERELLE_RETURN_IF_ERROR(MakeKeys());
  }
}

// A block of keys, flushed. Numbers are of the time, so that they are never
// given again even when an older key store is restored, and random below.
absl::Status Vault::MakeKeys() {
  {
    MutexLock lock(&ready_mutex_);
    if (ready_.size() > kBlock / 2) return absl::OkStatus();
  }
  const int64_t first =
      (absl::ToUnixMillis(absl::Now()) << 20) |
      (static_cast<int64_t>(randombytes_uniform(1 << 12)) << 8);
  std::vector<storage::WrappedKey> wrapped;
  std::vector<int64_t> numbers;
  std::vector<DataKey> keys(kBlock);
  for (size_t i = 0; i < kBlock; ++i) {
    keys[i] = DataKey::Random();
    numbers.push_back(first + static_cast<int64_t>(i));
    wrapped.push_back(Wrap(numbers.back(), keys[i]));
  }
  PASSERELLE_RETURN_IF_ERROR(store_->Add(wrapped));
  for (size_t i = 0; i < kBlock; ++i) cache_.Put(numbers[i], keys[i]);
  MutexLock lock(&ready_mutex_);
  ready_.insert(ready_.begin(), numbers.rbegin(), numbers.rend());
  return absl::OkStatus();
}

void Vault::CheckKeyFile() {
  auto read = ReadKeyFile(options_.key_file);
  {
    MutexLock lock(&kek_mutex_);
    std::string problem(read.status().message());
    if (problem != key_file_problem_ && !problem.empty()) {
      Log(LogLevel::kWarning, "key_file_unusable", {{"problem", problem}});
    }
    key_file_problem_ = std::move(problem);
    if (!read.ok() || read->id == keks_.back().id) return;
    keks_.push_back(*std::move(read));
  }
  Log(LogLevel::kInfo, "key_file_changed");
  MutexLock lock(&keeper_mutex_);
  rewrap_wanted_ = true;
  keeper_wake_.NotifyAll();
}

void Vault::WaitForRewrap() {
  MutexLock lock(&keeper_mutex_);
  while ((rewrap_wanted_ || rewrapping_) && !stopping_) {
    keeper_wake_.WaitFor(&keeper_mutex_, std::chrono::milliseconds(10));
  }
}

void Vault::Keep() {
  absl::Time retry_at = absl::InfinitePast();
  while (true) {
    bool rewrap = false;
    {
      MutexLock lock(&keeper_mutex_);
      while (!stopping_ && !keys_wanted_ &&
             (!rewrap_wanted_ || absl::Now() < retry_at)) {
        if (rewrap_wanted_) {
          keeper_wake_.WaitFor(&keeper_mutex_, std::chrono::milliseconds(100));
        } else {
          keeper_wake_.Wait(&keeper_mutex_);
        }
      }
      if (stopping_) return;
      keys_wanted_ = false;
      rewrap = rewrap_wanted_ && absl::Now() >= retry_at;
      if (rewrap) {
        rewrap_wanted_ = false;
        rewrapping_ = true;
      }
    }
    {
      MutexLock lock(&making_mutex_);
      // Who needs a key tries again and is told what is wrong.
      MakeKeys().IgnoreError();
    }
    if (!rewrap) continue;
    int64_t count = 0;
    bool finished = false;
    const absl::Status status = RewrapAll(&count, &finished);
    if (!status.ok()) {
      Log(LogLevel::kError, "rewrap_failed",
          {{"code", absl::StatusCodeToString(status.code())}});
      retry_at = absl::Now() + kRetry;
    } else if (finished) {
      Log(LogLevel::kInfo, "keys_rewrapped", {{"count", count}});
    }
    MutexLock lock(&keeper_mutex_);
    rewrapping_ = false;
    rewrap_wanted_ |= !finished;
  }
}

absl::Status Vault::RewrapAll(int64_t* count, bool* finished) {
  {
    // A block in the making may be wrapped by the key before; once it is
    // stored, everything later is wrapped by this one.
    MutexLock lock(&making_mutex_);
  }
  std::string id;
  {
    MutexLock lock(&kek_mutex_);
    id = keks_.back().id;
  }
  int64_t after = 0;
  std::vector<storage::WrappedKey> keys;
  do {
    PASSERELLE_RETURN_IF_ERROR(store_->List(after, kRewrapStep, &keys));
    std::vector<storage::WrappedKey> rewrapped;
    for (const storage::WrappedKey& wrapped : keys) {
      after = wrapped.number;
      if (wrapped.wrapped_by == id) continue;
      DataKey key;
      PASSERELLE_RETURN_IF_ERROR(Unwrap(wrapped, &key));
      rewrapped.push_back(Wrap(wrapped.number, key));
    }
    PASSERELLE_RETURN_IF_ERROR(store_->Rewrap(rewrapped));
    *count += static_cast<int64_t>(rewrapped.size());
    MutexLock lock(&keeper_mutex_);
    if (stopping_) return absl::OkStatus();
  } while (!keys.empty());
  MutexLock lock(&kek_mutex_);
  if (keks_.back().id != id) return absl::OkStatus();  // changed meanwhile
  PASSERELLE_RETURN_IF_ERROR(store_->KeepOnlyWrapper(id));
  keks_.erase(keks_.begin(), keks_.end() - 1);
  *finished = true;
  return absl::OkStatus();
}

}  // namespace passerelle::vault
