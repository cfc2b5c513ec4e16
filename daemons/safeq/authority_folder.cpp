// SPDX-License-Identifier: Apache-2.0
#include "safeq/authority_folder.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <safeq/core/text.hpp>

#include "common/files.hpp"

namespace safeq::daemon {
namespace {

using std::chrono::days;

constexpr std::array daemons{"intake", "release", "report"};

std::string day(Time time) { return to_rfc3339(time).substr(0, 10); }

/// One act on the authority and on the files that follow from it.
class Act {
public:
    Act(const Layout& layout, tls::Authority authority, const Clock& clock, Random& random)
        : layout_{layout}, authority_{std::move(authority)}, now_{clock.now()}, random_{random} {}

    Result<CertificateChange> renew(std::optional<days> within) {
        const auto due = [&](Time end) { return !within || end - now_ <= *within; };
        if (authority_.certificate().not_after() - now_ < certificate_lifetime) {
            SAFEQ_TRY_VOID(authority_.renew_self(authority_lifetime, now_, random_));
            change_.authority = true;
            note("renewed", layout_.authority() / "ca.pem", authority_.certificate().not_after());
        }
        if (due(authority_.crl_next_update())) {
            SAFEQ_TRY_VOID(authority_.renew_crl(now_, crl_lifetime, random_));
            note("renewed", layout_.authority() / "crl.pem", authority_.crl_next_update());
        }
        SAFEQ_TRY_VOID(publish());
        for (const char* name : daemons) {
            SAFEQ_TRY(const bool renewed, renew_file(layout_.daemon(name).tls() / "cert.pem", due));
            if (renewed) reload(name);
        }
        SAFEQ_TRY(const auto terminals, folders(layout_.devices()));
        for (const fs::path& folder : terminals) {
            SAFEQ_TRY(const bool renewed, renew_file(folder / "cert.pem", due));
            if (renewed) change_.carry.push_back(folder / "cert.pem");
        }
        SAFEQ_TRY_VOID(forget_former());
        return std::move(change_);
    }

    Result<CertificateChange> revoke(const fs::path& file) {
        SAFEQ_TRY(const std::string text, read_text(file));
        SAFEQ_TRY(const tls::Certificate certificate, tls::Certificate::from_pem(text));
        std::vector<tls::Certificate> all{certificate};
        SAFEQ_TRY(auto former, former_certificates());
        for (auto& [path, other] : former)
            if (other.key_fingerprint() == certificate.key_fingerprint() && other != certificate)
                all.push_back(std::move(other));
        for (const tls::Certificate& one : all) {
            SAFEQ_TRY_VOID(authority_.revoke(one, now_, crl_lifetime, random_));
            change_.lines.push_back(fmt::format("revoked {} serial {}", escape_for_log(one.subject()), one.serial()));
        }
        note("renewed", layout_.authority() / "crl.pem", authority_.crl_next_update());
        SAFEQ_TRY_VOID(publish());
        return std::move(change_);
    }

private:
    void note(std::string_view what, const fs::path& file, Time end) {
        change_.lines.push_back(fmt::format("{} {} until {}", what, file.string(), day(end)));
    }

    void reload(std::string_view daemon) {
        const std::string program = fmt::format("safeq-{}", daemon);
        if (std::ranges::find(change_.reload, program) == change_.reload.end()) change_.reload.push_back(program);
    }

    // Writes a file unless it reads so already; whether it was written.
    static Result<bool> settle(const fs::path& file, const std::string& text) {
        const auto there = read_text(file);
        if (there && *there == text) return false;
        if (!there && there.error().code != Errc::not_found) return std::unexpected(there.error());
        SAFEQ_TRY_VOID(write_text(file, text, 0644));
        return true;
    }

    // The authority's certificate and list to everyone who reads them: its own folder first.
    Result<void> publish() {
        const std::string certificate = authority_.certificate().pem(), list = authority_.crl_pem();
        for (const fs::path& where : {layout_.authority(), layout_.shared()})
            for (const auto& [file, text] : {std::pair{"ca.pem", &certificate}, {"crl.pem", &list}}) {
                SAFEQ_TRY(const bool written, settle(where / file, *text));
                (void)written;
            }
        for (const char* name : daemons) {
            const fs::path where = layout_.daemon(name).tls();
            if (!fs::exists(where)) continue;  // on a machine of its own
            SAFEQ_TRY(const bool ours, trusts_us_alone(where / "ca.pem"));
            if (!ours) {
                change_.lines.push_back(fmt::format(
                    "left {0}/ca.pem and {0}/crl.pem: not the authority's own certificate alone", where.string()));
                continue;
            }
            for (const auto& [file, text] : {std::pair{"ca.pem", &certificate}, {"crl.pem", &list}}) {
                SAFEQ_TRY(const bool written, settle(where / file, *text));
                if (written) reload(name);
            }
        }
        return {};
    }

    // Whether a file holds the authority's certificate, or a former one, and no other: what an operator has put there
    // is not overwritten.
    [[nodiscard]] Result<bool> trusts_us_alone(const fs::path& file) const {
        const auto text = read_text(file);
        if (!text && text.error().code == Errc::not_found) return true;
        if (!text) return std::unexpected(text.error());
        const auto there = tls::Certificate::from_pem(*text);
        return there && there->key_fingerprint() == authority_.certificate().key_fingerprint();
    }

    Result<bool> renew_file(const fs::path& file, const auto& due) {
        const auto text = read_text(file);
        if (!text && text.error().code == Errc::not_found) return false;
        if (!text) return std::unexpected(text.error());
        const auto chain = tls::Certificate::chain_from_pem(*text);
        if (!chain) return fail(chain.error().code, file.string(), chain.error().message());
        const tls::Certificate& former = chain->front();
        if (!due(former.not_after())) return false;
        const auto fresh = authority_.renew(former, certificate_lifetime, now_, random_);
        if (!fresh &&
            (fresh.error().code == Errc::certificate_revoked || fresh.error().code == Errc::certificate_untrusted)) {
            change_.lines.push_back(fmt::format(
                "left {}: {}", file.string(),
                fresh.error().code == Errc::certificate_revoked ? "it is revoked" : "another authority issued it"));
            return false;
        }
        if (!fresh) return std::unexpected(fresh.error());
        // A revocation must reach the former one, too: it is good until its own end.
        SAFEQ_TRY_VOID(keep_former(former));
        std::string renewed = fresh->pem();
        for (const tls::Certificate& behind : *chain | std::views::drop(1)) renewed += behind.pem();
        SAFEQ_TRY_VOID(write_text(file, renewed, 0644));
        note("renewed", file, fresh->not_after());
        return true;
    }

    [[nodiscard]] fs::path former_folder() const { return layout_.authority() / "former"; }

    Result<void> keep_former(const tls::Certificate& certificate) {
        std::error_code error;
        fs::create_directory(former_folder(), error);
        if (error) return fail(Errc::io_failed, former_folder().string(), error.message());
        return write_text(former_folder() / (certificate.serial() + ".pem"), certificate.pem(), 0644);
    }

    using Former = std::vector<std::pair<fs::path, tls::Certificate>>;
    [[nodiscard]] Result<Former> former_certificates() const {
        Former out;
        std::error_code error;
        for (fs::directory_iterator at{former_folder(), error}, end; !error && at != end; at.increment(error)) {
            if (at->path().extension() != ".pem") continue;
            SAFEQ_TRY(const std::string text, read_text(at->path()));
            auto certificate = tls::Certificate::from_pem(text);
            if (!certificate) return fail(certificate.error().code, at->path().string(), certificate.error().message());
            out.emplace_back(at->path(), *std::move(certificate));
        }
        if (error && error != std::errc::no_such_file_or_directory)
            return fail(Errc::io_failed, former_folder().string(), error.message());
        return out;
    }

    Result<void> forget_former() {
        SAFEQ_TRY(const Former former, former_certificates());
        std::error_code ignored;
        for (const auto& [path, certificate] : former)
            if (certificate.not_after() < now_) fs::remove(path, ignored);
        return {};
    }

    static Result<std::vector<fs::path>> folders(const fs::path& where) {
        std::vector<fs::path> out;
        std::error_code error;
        for (fs::directory_iterator at{where, error}, end; !error && at != end; at.increment(error))
            if (at->is_directory()) out.push_back(at->path());
        if (error && error != std::errc::no_such_file_or_directory)
            return fail(Errc::io_failed, where.string(), error.message());
        std::ranges::sort(out);
        return out;
    }

    const Layout& layout_;
    tls::Authority authority_;
    Time now_;
    Random& random_;
    CertificateChange change_;
};

}  // namespace

std::string CertificateChange::text() const {
    if (lines.empty() && reload.empty()) return "nothing is due\n";
    std::string out;
    for (const std::string& line : lines) out += line + "\n";
    if (!reload.empty()) out += fmt::format("send SIGHUP to {}\n", fmt::join(reload, " "));
    for (const fs::path& file : carry) out += fmt::format("take {} to the terminal; its key stays\n", file.string());
    if (authority)
        out += "hand public/ca.pem to whoever trusts the authority; what they have goes on to count until it ends\n";
    return out;
}

Result<tls::Authority> open_authority(const Layout& layout) {
    SAFEQ_TRY(const auto keys, store::KeyFolder::open(layout.authority()));
    SAFEQ_TRY(const crypto::Secret key, keys->read("ca.key"));
    SAFEQ_TRY(const std::string certificate, read_text(layout.authority() / "ca.pem"));
    SAFEQ_TRY(const std::string crl, read_text(layout.authority() / "crl.pem"));
    return tls::Authority::open({certificate}, {as_text(key.expose())}, {crl});
}

Result<CertificateChange> renew_certificates(const Layout& layout, std::optional<days> within, const Clock& clock,
                                             Random& random) {
    SAFEQ_TRY(tls::Authority authority, open_authority(layout));
    return Act{layout, std::move(authority), clock, random}.renew(within);
}

Result<CertificateChange> revoke_certificate(const Layout& layout, const fs::path& file, const Clock& clock,
                                             Random& random) {
    SAFEQ_TRY(tls::Authority authority, open_authority(layout));
    return Act{layout, std::move(authority), clock, random}.revoke(file);
}

}  // namespace safeq::daemon
