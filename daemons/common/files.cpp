// SPDX-License-Identifier: Apache-2.0
#include "common/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace safeq::daemon {
namespace {

std::unexpected<Error> system_failure(const std::filesystem::path& path, int error) {
    const Errc code = error == ENOENT                     ? Errc::not_found
                      : error == EACCES || error == EPERM ? Errc::permission
                      : error == ENOSPC                   ? Errc::disk_full
                                                          : Errc::io_failed;
    return fail(code, path.string(), std::strerror(error));
}

class File {
public:
    explicit File(int fd) noexcept : fd_{fd} {}
    ~File() {
        if (fd_ >= 0) close(fd_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    int fd_;
};

Time first_end(const std::vector<tls::Certificate>& certificates) {
    Time end = Time::max();
    for (const tls::Certificate& certificate : certificates) end = std::min(end, certificate.not_after());
    return end;
}

}  // namespace

Result<std::string> read_text(const std::filesystem::path& path, std::size_t max_bytes) {
    const File file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.fd() < 0) return system_failure(path, errno);
    std::string out;
    char buffer[8192];
    for (;;) {
        const ssize_t n = read(file.fd(), buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return system_failure(path, errno);
        if (n == 0) return out;
        if (static_cast<std::size_t>(n) > max_bytes - out.size()) return fail(Errc::too_large, path.string());
        out.append(buffer, static_cast<std::size_t>(n));
    }
}

Result<void> write_text(const std::filesystem::path& path, std::string_view text, unsigned mode) {
    const std::filesystem::path temporary = path.string() + ".new";
    {
        const File file{open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode)};
        if (file.fd() < 0 || fchmod(file.fd(), mode) != 0) return system_failure(temporary, errno);
        while (!text.empty()) {
            const ssize_t n = write(file.fd(), text.data(), text.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return system_failure(temporary, errno);
            text.remove_prefix(static_cast<std::size_t>(n));
        }
        if (fsync(file.fd()) != 0) return system_failure(temporary, errno);
    }
    if (rename(temporary.c_str(), path.c_str()) != 0) return system_failure(path, errno);
    const File folder{open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.fd() < 0 || fsync(folder.fd()) != 0) return system_failure(path.parent_path(), errno);
    return {};
}

Result<crypto::SigningKey> read_signing_key(const store::KeyFolder& keys, std::string_view name) {
    SAFEQ_TRY(auto seed, read_key<crypto::SigningSeed>(keys, name));
    return crypto::SigningKey::from_seed(std::move(seed));
}

Result<crypto::XwingPrivateKey> read_xwing_key(const store::KeyFolder& keys, std::string_view name) {
    SAFEQ_TRY(auto seed, read_key<crypto::XwingSeed>(keys, name));
    return crypto::XwingPrivateKey::from_seed(std::move(seed));
}

Result<crypto::NoteKey> read_note_key(const std::filesystem::path& path) {
    SAFEQ_TRY(std::string text, read_text(path, 4096));
    while (text.ends_with('\n')) text.pop_back();
    auto key = crypto::NoteKey::parse(text);
    if (!key) return fail(key.error().code, path.string(), key.error().message());
    return key;
}

Result<TlsFiles> read_tls(const std::filesystem::path& folder) {
    SAFEQ_TRY(const std::string chain, read_text(folder / "cert.pem"));
    SAFEQ_TRY(const std::unique_ptr<store::KeyFolder> keys, store::KeyFolder::open(folder));
    SAFEQ_TRY(const crypto::Secret key, keys->read("key.pem"));
    SAFEQ_TRY(const std::string authority, read_text(folder / "ca.pem"));
    SAFEQ_TRY(const std::string crl, read_text(folder / "crl.pem"));
    TlsFiles out;
    auto credentials = tls::Credentials::from_pem({chain}, {as_text(key.expose())});
    if (!credentials)
        return fail(credentials.error().code, (folder / "cert.pem").string() + ", key.pem",
                    credentials.error().message());
    auto anchors = tls::TrustAnchors::from_pem({authority}, {crl}, tls::Revocation::required);
    if (!anchors)
        return fail(anchors.error().code, (folder / "ca.pem").string() + ", crl.pem", anchors.error().message());
    out.credentials = *std::move(credentials);
    out.anchors = *std::move(anchors);
    const auto ends = [&](const char* what, const char* file, Time end) {
        out.endings.push_back({.what = what, .file = (folder / file).string(), .end = end});
    };
    ends("certificate", "cert.pem", first_end(out.credentials->chain()));
    ends("authority", "ca.pem", first_end(out.anchors->authorities()));
    if (const auto end = out.anchors->revocation_end()) ends("revocation list", "crl.pem", *end);
    return out;
}

Result<void> load_intakes(const std::filesystem::path& file, spool::IntakeTable& intakes) {
    SAFEQ_TRY(const std::string text, read_text(file));
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const std::string_view line = std::string_view{text}.substr(at, end - at);
        at = end + 1;
        if (line.empty()) continue;
        const auto space = line.find(' ');
        const auto id = InstanceId::parse(line.substr(0, space));
        const auto bytes = from_base64(space == std::string_view::npos ? std::string_view{} : line.substr(space + 1));
        const auto key = bytes ? crypto::VerifyingKey::from(*bytes) : std::unexpected(bytes.error());
        if (!id || !key) return fail(Errc::malformed, file.string(), "expected an instance and its key on each line");
        intakes.set(*id, *key);
    }
    return {};
}

}  // namespace safeq::daemon
