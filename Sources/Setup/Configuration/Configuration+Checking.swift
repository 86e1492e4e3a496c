import Engine
import Glibc
import Primitives
import Security
import Visits

extension Configuration {
  /// Reads a file, and looks at every file that it names, as far as they are there: what a start
  /// would stumble over. Every mistake is reported.
  public static func check(
    _ file: String, state: StateFolder, at now: WallTime
  ) -> [SetupMistake] {
    do throws(SetupMistake) {
      let text = try TextFile.read(file)
      let (configuration, mistakes, lines) = parseKeepingLines(text, file: file)
      let inSecrets = configuration.mistakesInSecrets(state: state)
      var others = configuration.mistakesInFiles(state: state, at: now)
      if inSecrets.isEmpty { others += configuration.passwordsMissing(state: state) }
      return mistakes
        + others.map { key, reason in
          SetupMistake(
            file: file, line: lines[key.rawValue] ?? 0, key: key.rawValue, reason: reason)
        } + inSecrets
    } catch {
      return [error]
    }
  }

  private func mistakesInFiles(
    state: StateFolder, at now: WallTime
  ) -> [(key: ConfigurationKey, reason: String)] {
    var result: [(key: ConfigurationKey, reason: String)] = []
    if let problem = certificateProblem(at: now) { result.append(problem) }
    result += mistakesInFolders(state: state)
    let database = state.path(storePath)
    var status = stat()
    if stat(database, &status) == 0 {
      if status.st_mode & S_IFMT != S_IFREG {
        result.append((.storePath, "\(database) is not a file"))
      } else if status.st_mode & 0o077 != 0 {
        result.append((.storePath, "\(database): others can read it; its mode must be 0600"))
      }
    }
    let head = state.path(auditHead)
    if lstat(head, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      result.append((.auditHead, "\(head) is not a file"))
    }
    return result
  }

  /// What is written must have a folder that it can be made in: a start makes the state folder and
  /// no other.
  private func mistakesInFolders(
    state: StateFolder
  ) -> [(key: ConfigurationKey, reason: String)] {
    let files: [(ConfigurationKey, String)] = [
      (.storePath, storePath), (.storeSecrets, storeSecrets), (.auditHead, auditHead),
    ]
    return files.compactMap { key, name in
      let path = state.path(name)
      let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
      guard name.contains("/"), access(folder + "/", W_OK | X_OK) != 0 else { return nil }
      return (key, "\(folder): \(String(cString: strerror(errno)))")
    }
  }

  private func certificateProblem(
    at now: WallTime
  ) -> (key: ConfigurationKey, reason: String)? {
    guard let httpCertificate, let httpKey else { return nil }
    let chain: String
    do {
      chain = try TextFile.read(httpCertificate)
    } catch {
      return (.httpCertificate, "\(error)")
    }
    do {
      try ServerCertificate.check(chain: chain, key: try TextFile.read(httpKey), at: now)
      return nil
    } catch let problem as ServerCertificate.Problem {
      return switch problem {
      case .noCertificate: (.httpCertificate, "\(httpCertificate) holds no certificate in PEM")
      case .notValidNow: (.httpCertificate, "\(httpCertificate) is not valid today")
      case .noKey: (.httpKey, "\(httpKey) holds no private key in PEM without a password")
      case .foreignKey: (.httpKey, "\(httpKey) is not the key of \(httpCertificate)")
      }
    } catch {
      return (.httpKey, "\(error)")
    }
  }

  /// The file with the keys is made at the first start, so it need not be there.
  private func mistakesInSecrets(state: StateFolder) -> [SetupMistake] {
    let path = state.path(storeSecrets)
    guard access(path, F_OK) == 0 || errno != ENOENT && errno != ENOTDIR else { return [] }
    let known = Set(clinics.keys).union([DemoClinic().clinic])
    return Secrets.mistakes(in: path, clinics: known)
  }

  private func passwordsMissing(
    state: StateFolder
  ) -> [(key: ConfigurationKey, reason: String)] {
    let path = state.path(storeSecrets)
    return DeliverySetup.passwordsMissing(in: try? Secrets(path: path), for: self).map { key in
      (key, "needs a password, which \(path) has not: a line \"\(key.rawValue): PASSWORD\"")
    }
  }
}
