use segue::decode::*;
fn main(){ for p in std::env::args().skip(1){ let p=std::path::PathBuf::from(p);
 let s=match survey(&p){Ok(s)=>s,Err(e)=>{println!("{p:?}: {e}");continue;}}; let t=TrackAudio::new(&p,s.clone()); let n=t.samples() as i64;
 println!("{p:?} {} {} {} samples {n} 16bit {}",s.codec,s.rate.0,s.channels,t.is_16_bit());
 let t0=std::time::Instant::now();
 let mut r=t.reader(); let all=match r.read(0..n){Ok(a)=>a,Err(e)=>{println!("  seq: {e}");continue;}};
 let seq=t0.elapsed();
 let mut x=12345u64; let mut bad=0; let mut worst=std::time::Duration::ZERO;
 for _ in 0..30{ x=x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407); let a=(x>>33) as i64 % n; let b=(a+5000).min(n); let mut r=t.reader(); let t1=std::time::Instant::now();
   match r.read(a..b){Ok(w)=>{ for c in 0..w.len(){ if w[c][..]!=all[c][a as usize..b as usize]{bad+=1;} } },Err(e)=>{println!("  {a}: {e}");bad+=1;}} worst=worst.max(t1.elapsed()); }
 println!("   sequential {seq:?} random windows bad {bad} worst {worst:?}");
}}
