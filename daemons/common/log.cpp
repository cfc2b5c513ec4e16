// SPDX-License-Identifier: Apache-2.0
#include "common/log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <safeq/core/text.hpp>

namespace safeq::daemon {

void start_logging(std::string_view program, bool verbose) {
    auto logger =
        std::make_shared<spdlog::logger>(std::string{program}, std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %n %v", spdlog::pattern_time_type::utc);
    logger->set_level(verbose ? spdlog::level::debug : spdlog::level::info);
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

void log_info(std::string_view event, std::string_view fields) { spdlog::info("{} {}", event, fields); }
void log_warning(std::string_view event, std::string_view fields) { spdlog::warn("{} {}", event, fields); }
void log_debug(std::string_view event, std::string_view fields) { spdlog::debug("{} {}", event, fields); }

void log_error(std::string_view event, const Error& error) {
    spdlog::error("{} {} {} {}", event, field("code", name(error.code)), field("where", error.where),
                  field("detail", error.detail));
}

std::string field(std::string_view key, std::string_view value) {
    const std::string escaped = escape_for_log(value);
    if (!escaped.empty() && escaped.find_first_of(" \"=") == std::string::npos)
        return fmt::format("{}={}", key, escaped);
    std::string quoted;
    for (const char c : escaped) {
        if (c == '"') quoted.push_back('\\');
        quoted.push_back(c);
    }
    return fmt::format("{}=\"{}\"", key, quoted);
}

}  // namespace safeq::daemon
