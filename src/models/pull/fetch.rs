//! Bytes of an address, with `Range` requests so that a broken download goes on where it stopped.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::{Progress, PullError, hex};

/// Attempts in one pull; each goes on where the last one stopped.
const ATTEMPTS: u32 = 3;
const CONNECT: Duration = Duration::from_secs(20);
const ANSWER: Duration = Duration::from_secs(60);
/// One attempt's whole time: half a gigabyte at 150 kB/s.
const WHOLE: Duration = Duration::from_secs(3600);

/// The bytes of `url` in a file in `partial`; at most `most` of them. What an earlier attempt left is gone on
/// with.
pub(super) fn url(
    url: &str,
    partial: &Path,
    most: u64,
    progress: &mut dyn Progress,
) -> Result<PathBuf, PullError> {
    let name = hex(&Sha256::digest(url.as_bytes()));
    let path = partial.join(format!("{}.download", name.get(..24).unwrap_or(&name)));
    progress.begin(&format!("fetch {url}"), Some(most));
    let mut last = None;
    for attempt in 0..ATTEMPTS {
        match once(url, &path, most, progress) {
            Ok(()) => {
                progress.end();
                return Ok(path);
            }
            Err(e @ PullError::Url { .. }) => last = Some(e),
            Err(e) => return Err(e),
        }
        if attempt + 1 < ATTEMPTS {
            std::thread::sleep(Duration::from_secs(1 << attempt));
        }
    }
    Err(last.unwrap_or_else(|| PullError::Url { url: url.to_owned(), reason: "no attempt was made".into() }))
}

fn once(url: &str, path: &Path, most: u64, progress: &mut dyn Progress) -> Result<(), PullError> {
    let failed = |reason: String| PullError::Url { url: url.to_owned(), reason };
    let have = fs::metadata(path).map_or(0, |m| m.len());
    if have == most {
        return Ok(());
    }
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(ANSWER))
        .timeout_global(Some(WHOLE))
        .http_status_as_error(false)
        .build()
        .into();
    let mut request = agent.get(url);
    if have > 0 && have < most {
        request = request.header("Range", format!("bytes={have}-"));
    }
    let response = request.call().map_err(|e| failed(e.to_string()))?;
    let status = response.status().as_u16();
    // 206 goes on; 200 begins anew, whatever was asked; 416 says that what we have is no beginning of it.
    let mut done = match status {
        206 => have,
        200 => 0,
        416 => {
            let _ = fs::remove_file(path);
            return Err(failed("the server has another file than before; it is fetched anew".into()));
        }
        status => return Err(failed(format!("the server answers {status}"))),
    };
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .append(done > 0)
        .truncate(done == 0)
        .open(path)
        .map_err(PullError::writing(path))?;
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n =
            body.read(&mut buffer).map_err(|e| failed(format!("the line broke after {done} bytes: {e}")))?;
        if n == 0 {
            break;
        }
        done += n as u64;
        if done > most {
            drop(file);
            let _ = fs::remove_file(path);
            return Err(PullError::TooLong { what: url.to_owned(), most });
        }
        file.write_all(buffer.get(..n).unwrap_or_default()).map_err(PullError::writing(path))?;
        progress.at(done);
    }
    sync(&file, path)?;
    if done < most {
        return Err(failed(format!("it ended after {done} of {most} bytes")));
    }
    Ok(())
}

fn sync(file: &File, path: &Path) -> Result<(), PullError> {
    file.sync_all().map_err(PullError::writing(path))
}
