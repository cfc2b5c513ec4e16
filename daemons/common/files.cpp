// SPDX-License-Identifier: Apache-2.0
#include "common/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#ifdef SAFEQ_HAVE_CONNECT
#include <safeq/connect/pkcs11_key.hpp>
#endif

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

Result<std::string> read_text(const std::filesystem::path& path, ReadFiles* files, std::size_t max_bytes) {
    SAFEQ_TRY(std::string text, read_text(path, max_bytes));
    if (files != nullptr) files->add(path.string(), text);
    return text;
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

Result<crypto::NoteKey> read_note_key(const std::filesystem::path& path, ReadFiles* files) {
    SAFEQ_TRY(std::string text, read_text(path, files, 4096));
    while (text.ends_with('\n')) text.pop_back();
    auto key = crypto::NoteKey::parse(text);
    if (!key) return fail(key.error().code, path.string(), key.error().message());
    return key;
}

namespace {

using Credentials = Result<std::shared_ptr<const tls::Credentials>>;

std::string_view one_line(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    return text;
}

// What is wrong with a file's content, with the files that were looked at.
Credentials naming(Credentials credentials, const std::filesystem::path& folder, std::string_view files) {
    if (credentials) return credentials;
    return fail(credentials.error().code, (folder / files).string(), credentials.error().message());
}

Credentials from_token(const std::filesystem::path& folder, [[maybe_unused]] std::string_view chain) {
    SAFEQ_TRY(const std::string uri, read_text(folder / "key.uri", 4096));
#ifdef SAFEQ_HAVE_CONNECT
    auto key = connect::Pkcs11Key::open(one_line(uri));
    if (!key) return naming(std::unexpected(key.error()), folder, "key.uri");
    return naming(tls::Credentials::from_external({chain}, *std::move(key)), folder, "cert.pem, key.uri");
#else
    return fail(Errc::unsupported, (folder / "key.uri").string(), "this program was built without p11-kit");
#endif
}

// A certificate and its key: cert.pem with key.pem, or with key.uri that names a key in a token; or cert.p12, whose
// password is in cert.password.
Credentials read_credentials(const std::filesystem::path& folder, const store::KeyFolder& keys, std::string& shown,
                             ReadFiles* files) {
    const auto there = [&](const char* file) { return std::filesystem::exists(folder / file); };
    const bool p12 = there("cert.p12"), token = there("key.uri");
    if (p12 + token + there("key.pem") > 1 || (p12 && there("cert.pem")))
        return fail(Errc::config_invalid, folder.string(),
                    "one of key.pem, key.uri, or cert.p12 (without cert.pem), and not several");
    shown = p12 ? "cert.p12" : "cert.pem";
    if (p12) {
        SAFEQ_TRY(const crypto::Secret file, keys.read("cert.p12"));
        SAFEQ_TRY(const crypto::Secret line, keys.read("cert.password"));
        const auto password = crypto::Secret::copy_of(one_line(as_text(line.expose())));
        return naming(tls::Credentials::from_pkcs12(file.expose(), password), folder, "cert.p12");
    }
    SAFEQ_TRY(const std::string chain, read_text(folder / "cert.pem", files));
    if (token) return from_token(folder, chain);
    SAFEQ_TRY(const crypto::Secret key, keys.read("key.pem"));
    return naming(tls::Credentials::from_pem({chain}, {as_text(key.expose())}), folder, "cert.pem, key.pem");
}

}  // namespace

const tls::Certificate* TlsFiles::revoked() const {
    for (const tls::Certificate& own : credentials->chain())
        if (anchors->revokes(own)) return &own;
    return nullptr;
}

Result<TlsFiles> read_tls(const std::filesystem::path& folder, ReadFiles* files) {
    // First what is no secret: opening the folder of the secrets would make it.
    SAFEQ_TRY(const std::string authority, read_text(folder / "ca.pem", files));
    SAFEQ_TRY(const std::string crl, read_text(folder / "crl.pem", files));
    SAFEQ_TRY(const std::unique_ptr<store::KeyFolder> keys, store::KeyFolder::open(folder));
    TlsFiles out;
    std::string shown;
    SAFEQ_TRY(out.credentials, read_credentials(folder, *keys, shown, files));
    auto anchors = tls::TrustAnchors::from_pem({authority}, {crl}, tls::Revocation::required);
    if (!anchors)
        return fail(anchors.error().code, (folder / "ca.pem").string() + ", crl.pem", anchors.error().message());
    out.anchors = *std::move(anchors);
    out.own_file = folder / shown;
    const auto ends = [&](const char* what, const std::string& file, Time end) {
        out.endings.push_back({.what = what, .file = (folder / file).string(), .end = end});
    };
    ends("certificate", shown, first_end(out.credentials->chain()));
    ends("authority", "ca.pem", first_end(out.anchors->authorities()));
    if (const auto end = out.anchors->revocation_end()) ends("revocation list", "crl.pem", *end);
    return out;
}

Result<void> load_intakes(const std::filesystem::path& file, spool::IntakeTable& intakes, ReadFiles* files) {
    SAFEQ_TRY(const std::string text, read_text(file, files));
    auto read = intakes.read(text);
    if (!read) return fail(read.error().code, file.string(), read.error().message());
    return {};
}

}  // namespace safeq::daemon
